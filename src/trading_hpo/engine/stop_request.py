"""Ctrl-C, SIGTERM, a closed terminal: the first asks a search to end between two writes, the second ends it at once.

One closed terminal is one request, though a shell's foreground job gets two SIGHUP: the shell's and the kernel's.
"""

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOP_WITHIN_S = 10.0


class StopRequest:
    """Whether a stop was requested, and by when the process must have ended.

    Attributes:
        asked: From the first signal on.
        deadline: On the monotonic clock.
    """

    def __init__(self) -> None:
        self.asked, self.deadline = False, math.inf

    @contextmanager
    def signals_caught(self) -> Iterator[None]:
        """Handle SIGINT, SIGTERM and SIGHUP until the block ends."""

        def stop() -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True
            self.hurry()

        with on_signals(stop, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            yield

    def hurry(self) -> None:
        """Say that the search ends now."""
        self.deadline = time.monotonic() + STOP_WITHIN_S

    @property
    def may_wait(self) -> bool:
        """Whether there is time left for what is not written yet."""
        return not self.asked or time.monotonic() < self.deadline


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do what Ctrl-C does: raise KeyboardInterrupt, so that all that is open is closed."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    with on_signals(interrupt, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def on_signals(act: Callable[[], None], *numbers: signal.Signals) -> Iterator[None]:
    """Act on signals, where that is possible: Python delivers them to the main thread alone.

    A SIGHUP that the caller has switched off, as ``nohup`` does, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    terminals = [handle for handle in (1, 2) if os.isatty(handle)]
    hung_up = False

    def handle(number: int, _frame: object) -> None:
        nonlocal hung_up
        if number == signal.SIGHUP:
            _silence(terminals)
            if hung_up:  # the same terminal
                return
            hung_up = True
        act()

    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    caught = [number for number in numbers if not (number == signal.SIGHUP and ignored)]
    before = {number: signal.signal(number, handle) for number in caught}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _silence(terminals: list[int]) -> None:
    """Write to no terminal that is closed: each line would fail."""
    closed = [handle for handle in terminals if not os.isatty(handle)]
    if closed:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for handle in closed:
            os.dup2(nowhere, handle)
        os.close(nowhere)
