"""Whether a worker still works, and how far it is: what it notes in shared memory with its batches."""

import time
from collections.abc import Callable
from ctypes import Structure, c_double, c_long

EVERY_S = 1.0
LONGEST_GAP_S = 5.0


class Pulse(Structure):
    """What one worker notes: when it was alive, and how often its candidate has asked whether to stop."""

    _fields_ = (("beat", c_double), ("asked", c_long))
    beat: float
    asked: int


def beating(pulse: Pulse, should_stop: Callable[[], bool]) -> Callable[[], bool]:
    """Count how often ``should_stop`` is asked, before every batch, and renew the beat at most once a second then."""
    pulse.asked = 0

    def asked() -> bool:
        pulse.asked += 1
        now = time.monotonic()
        if now - pulse.beat >= EVERY_S:
            pulse.beat = now
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
        pulse: Its own.
    """

    def __init__(self, pulse: Pulse) -> None:
        self._pulse, self._last, self._since = pulse, pulse.beat, 0.0

    def reset(self, awake_s: float) -> None:
        """Note that the worker has said something, or has been given something to do."""
        self._last, self._since = self._pulse.beat, awake_s

    def seconds(self, awake_s: float) -> float:
        """Return its seconds by the clock of the process that listens."""
        if self._pulse.beat != self._last:
            self.reset(awake_s)
        return awake_s - self._since
