"""Whether a worker still works: a moment in shared memory that it renews with its batches."""

import time
from collections.abc import Callable
from ctypes import c_double

EVERY_S = 1.0
LONGEST_GAP_S = 5.0


def beating(beat: c_double, should_stop: Callable[[], bool]) -> Callable[[], bool]:
    """Renew the beat, at most once a second, whenever ``should_stop`` is asked: before every batch."""

    def asked() -> bool:
        now = time.monotonic()
        if now - beat.value >= EVERY_S:
            beat.value = now
        return should_stop()

    return asked


class AwakeClock:
    """Seconds in which this process looked about; while it was stopped itself, its workers may have been too.

    Without it, a search that is sent to sleep with all its workers (Ctrl-Z, a paused container) would wake up and
    take every one of them for hung.
    """

    def __init__(self) -> None:
        self._awake_s, self._looked = 0.0, time.monotonic()

    def now(self) -> float:
        """Return the seconds so far."""
        now = time.monotonic()
        self._awake_s += min(now - self._looked, LONGEST_GAP_S)
        self._looked = now
        return self._awake_s


class Silence:
    """Time since the last heartbeat of one worker.

    Args:
        beat: Its own.
    """

    def __init__(self, beat: c_double) -> None:
        self._beat, self._last, self._since = beat, beat.value, 0.0

    def reset(self, awake_s: float) -> None:
        """Note that the worker has said something, or has been given something to do."""
        self._last, self._since = self._beat.value, awake_s

    def seconds(self, awake_s: float) -> float:
        """Return its seconds by the clock of the process that listens."""
        if self._beat.value != self._last:
            self.reset(awake_s)
        return awake_s - self._since
