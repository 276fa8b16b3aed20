"""Ctrl-C and SIGTERM: the first asks a search to end between two writes, the second ends it at once."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

STOP_WITHIN_S = 10.0


class StopRequest:
    """Whether a stop was requested, and by when the process must have ended.

    Attributes:
        asked: From the first signal on.
        gone_by: On the monotonic clock.
    """

    def __init__(self) -> None:
        self.asked, self.gone_by = False, np.inf

    @contextmanager
    def signals_caught(self) -> Iterator[None]:
        """Handle SIGINT and SIGTERM, where that is possible: Python delivers signals to the main thread alone."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(*_: object) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True
            self.hurry()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def hurry(self) -> None:
        """Say that the search ends now."""
        self.gone_by = time.monotonic() + STOP_WITHIN_S

    @property
    def may_wait(self) -> bool:
        """Whether there is time left for what is not written yet."""
        return not self.asked or time.monotonic() < self.gone_by
