"""Which failures of a storage pass by themselves."""

import sqlite3
import time

import sqlalchemy
from optuna.exceptions import StorageInternalError

BUSY = ("locked", "busy")
ASK_AGAIN_S = 1.0
REST = 5.0  # times as long as the last failed request took


def will_pass(error: BaseException) -> bool:
    """Say whether the same write may work a little later: a server that restarts, a file that another one holds.

    A full disk, a file that may not be written to, and whatever the write itself did wrong stay as they are.
    """
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    if not isinstance(cause, sqlalchemy.exc.DBAPIError):
        return False
    if isinstance(cause.orig, sqlite3.Error):
        return any(word in str(cause.orig) for word in BUSY)
    lost = isinstance(cause, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError)
    return cause.connection_invalidated or lost


class Absence:
    """Keeps from asking a storage that was away a moment ago.

    Where a server no longer answers, each request takes seconds, in which the search reads no worker's reports.
    """

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def is_likely(self) -> bool:
        """Whether it is too early to ask again."""
        return time.monotonic() < self._until

    def note(self, began: float) -> None:
        """Note a failed request, begun at that moment of the monotonic clock."""
        now = time.monotonic()
        self._until = now + max(ASK_AGAIN_S, REST * (now - began))
