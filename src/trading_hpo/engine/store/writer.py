"""Writes one thing after another in a thread of its own, and waits for a storage that is away.

What the storage holds is at every moment a beginning of what has happened: nothing is left out, nothing overtakes. So
a search whose last events were never written is, to the next one, a search that was killed a moment earlier.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable

from trading_hpo.engine.store.outage import will_pass

logger = logging.getLogger(__name__)

PATIENCE_S = 15 * 60.0
RETRY_S = 1.0
LOOK_S = 0.1

Write = Callable[[], None]


class Writer:
    """Takes writes and makes them in order; at once until it is started, later from then on.

    A write may be tried again after an acknowledgement was lost, so it must be one that can be made twice.

    Args:
        patience_s: For how long one write may fail because the storage is away.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._queue: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._left = threading.Event()  # no caller waits for what is not written yet
        self._failure: Exception | None = None
        self._put_so_far = self._made_so_far = 0

    @property
    def idle(self) -> bool:
        """Whether all that was put is written."""
        return self._made_so_far == self._put_so_far

    def start(self) -> None:
        """Write in a thread from now on."""
        # A daemon, for the process must be able to end while a write hangs.
        self._thread = threading.Thread(target=self._serve, name="study writer", daemon=True)
        self._thread.start()

    def put(self, write: Write) -> None:
        """Take a write."""
        if self._thread is None:
            write()
        else:
            self._put_so_far += 1
            self._queue.put(write)

    def check(self) -> None:
        """Raise what ended the thread, if something did: nothing after it was written."""
        if self._failure is not None:
            raise self._failure

    def finish(self, may_wait: Callable[[], bool]) -> None:
        """Wait until all is written, or until ``may_wait`` says no.

        What is left then is made again: its slots are unfinished in the storage, or were never begun there, and the
        next search gives them the same parameters, since it knows the same finished trials.
        """
        if self._thread is None:
            return
        self._queue.put(None)
        while self._thread.is_alive() and may_wait():
            self._thread.join(LOOK_S)
        self._left.set()
        self._thread = None
        self.check()

    def _serve(self) -> None:
        try:
            while (write := self._queue.get()) is not None and not self._left.is_set():
                self._make(write)
                self._made_so_far += 1
        except Exception as error:  # handed to whoever checks; a thread has no caller to raise to
            self._failure = error

    def _make(self, write: Write) -> None:
        since = None
        while not self._left.is_set():
            try:
                write()
            except Exception as error:
                now = time.monotonic()
                if since is None and will_pass(error):
                    logger.warning("The study storage does not answer; training goes on and is written down later.")
                since = since or now
                if not will_pass(error) or now - since >= self._patience_s:
                    raise
                self._left.wait(RETRY_S)
            else:
                if since is not None:
                    logger.warning("The study storage answers again after %.0f s.", time.monotonic() - since)
                return
