"""Which failures of a storage pass by themselves."""

import sqlite3

import sqlalchemy
from optuna.exceptions import StorageInternalError

BUSY = ("locked", "busy")


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
