"""Which failures of a storage pass by themselves."""

import logging
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy
from optuna.exceptions import StorageInternalError

from trading_hpo.errors import StorageError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

BUSY = ("locked", "busy")
ASK_AGAIN_S = 1.0
REST = 5.0  # times as long as the last failed request took


def will_pass(error: BaseException) -> bool:
    """Say whether the same write may work a little later: a server that restarts, a file that another one holds.

    A full disk, a file that may not be written to, and whatever the write itself did wrong stay as they are.
    """
    cause: BaseException | None = error
    while isinstance(cause, StorageInternalError | StorageError):  # said in words meanwhile
        cause = cause.__cause__
    if not isinstance(cause, sqlalchemy.exc.DBAPIError):
        return False
    if isinstance(cause.orig, sqlite3.Error):
        return any(word in str(cause.orig) for word in BUSY)
    lost = isinstance(cause, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError)
    return cause.connection_invalidated or lost


def outlived(question: Callable[[], Result], patience_s: float) -> Result:
    """Return the answer of a storage, which is asked again while it is away.

    Args:
        question: May be asked again, however far it came.
        patience_s: For how long it may fail.
    """
    since = None
    while True:
        try:
            return question()
        except Exception as error:
            now = time.monotonic()
            if not will_pass(error) or (since is not None and now - since >= patience_s):
                raise
            if since is None:
                logger.warning("The study storage does not answer; it is asked again for %.0f s.", patience_s)
            since = since or now
        time.sleep(ASK_AGAIN_S)


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
