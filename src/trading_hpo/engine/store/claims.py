"""Which search trains a slot, where several machines search one study.

On PostgreSQL every search holds the study, shared, and each slot that it trains, alone, by locks of a session of its
own. They end with that session however its process ends, and with its machine: the server asks a silent one every few
seconds. Elsewhere one search holds the whole study.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy

from trading_hpo.engine.store.outage import Absence, will_pass
from trading_hpo.engine.store.storage import StudyStorage, held_by_another, removed, study_key
from trading_hpo.errors import StorageError
from trading_hpo.file_lock import identity

KEEP_EVERY_S = 5.0
# The server asks a silent client after so long, so often; a dead machine's locks end within a minute.
SERVER_ASKS = {"tcp_keepalives_idle": 20, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}


class Claims(Protocol):
    """Slots that are ours."""

    shared: bool  # whether other searches may have slots of the study

    def take(self, slot: int, begun: bool = False) -> bool:
        """Take a slot, if no other search has it.

        Args:
            slot: In the budget.
            begun: Whether another search has begun it, which may still train it.
        """

    def release(self, slot: int) -> None:
        """Let a slot go, once its end is written."""

    def keep(self) -> None:
        """Take again what a restart of the server has let go; called every now and then."""


class WholeStudy:
    """All slots are ours.

    Args:
        file: Of the study, if it is in one.
    """

    shared = False

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: tuple[int, int] | None = None

    def take(self, slot: int, begun: bool = False) -> bool:
        """Say yes."""
        del slot, begun
        return True

    def release(self, slot: int) -> None:
        """Nothing to do: no other search waits for it."""

    def keep(self) -> None:
        """See that trials are written to the file that has its name: SQLite goes on with one that was removed.

        Raises:
            StorageError: It was removed or replaced.
        """
        if self._file is None:
            return
        there = identity(self._file)
        self._known = self._known or there
        if there is None or there != self._known:
            raise StorageError(removed(self._file))


class SlotLocks:
    """One session's locks on slots of a study.

    Args:
        storage: On PostgreSQL.
        study_name: In the storage.
    """

    shared = True

    def __init__(self, storage: StudyStorage, study_name: str) -> None:
        self._engine, self._name = storage.sessions(), study_name
        self._study = study_key(study_name)
        self._held: set[int] = set()
        self._one_at_a_time = threading.Lock()  # the search takes, the thread that writes lets go
        self._kept = time.monotonic()
        self._session: sqlalchemy.Connection | None = None
        self._absence = Absence()
        self._connect()

    def take(self, slot: int, begun: bool = False) -> bool:
        """Take a slot, if no other search has it.

        While the server is away no claim can be checked. Then slots that others have begun are left to them, and of new
        ones the answer is yes: a beginning, which is written later, is refused there if another search was first.
        """
        with self._one_at_a_time:
            if slot in self._held:
                return True
            taken = self._ask("pg_try_advisory_lock(:study, :slot)", slot)
            if taken is None:
                taken = not begun
            if taken:
                self._held.add(slot)
            return bool(taken)

    def release(self, slot: int) -> None:
        """Let a slot go, once its end is written."""
        with self._one_at_a_time:
            self._held.discard(slot)
            self._ask("pg_advisory_unlock(:study, :slot)", slot)

    def keep(self) -> None:
        """Take again what a restart of the server has let go.

        A slot that another search has taken meanwhile is trained by both, alike, and ended by the first.
        """
        if time.monotonic() - self._kept >= KEEP_EVERY_S:
            with self._one_at_a_time:
                self._ask("true", 0)
                self._kept = time.monotonic()

    def close(self) -> None:
        """End the session, and its locks with it."""
        with self._one_at_a_time:
            self._disconnect()

    def _ask(self, question: str, slot: int) -> Any:
        """Return the server's answer; none while it is away."""
        had_session = self._session is not None
        if self._absence.is_likely and not had_session:
            return None
        began = time.monotonic()
        try:
            if self._session is None:
                self._connect()
            return self._answer(question, slot)
        except sqlalchemy.exc.DBAPIError as error:
            self._disconnect()
            if not will_pass(error):
                raise
        if had_session:  # one that died says nothing about the server of now; a new one does
            return self._ask(question, slot)
        self._absence.note(began)
        return None

    def _answer(self, question: str, slot: int) -> Any:
        assert self._session is not None
        # The two numbers of a slot's lock are 32 bits with a sign each.
        keys = {"study": self._study - 2**31, "slot": slot}
        asked = {name: key for name, key in keys.items() if f":{name}" in question}
        return self._session.execute(sqlalchemy.text(f"select {question}"), asked).scalar()

    def _connect(self) -> None:
        self._session = self._engine.connect()
        for name, value in SERVER_ASKS.items():
            self._session.execute(sqlalchemy.text(f"set {name} = {value}"))
        question = sqlalchemy.text("select pg_try_advisory_lock_shared(:study)")
        if not self._session.execute(question, {"study": self._study}).scalar():
            self._disconnect()
            raise StorageError(held_by_another(self._name, "a command that moves or deletes it"))
        for slot in self._held:
            self._answer("pg_try_advisory_lock(:study, :slot)", slot)

    def _disconnect(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.invalidate()  # not handed back anywhere: it may be broken
            session.close()


@contextmanager
def claims_on(storage: StudyStorage, study_name: str) -> Iterator[Claims]:
    """Hold a study for a search, alone or beside others; what is held ends with the process, however it ends.

    Raises:
        StorageError: Another search holds a study that cannot be shared, or a command moves or deletes it.
    """
    if not storage.is_postgresql:
        with storage.exclusive(study_name):
            yield WholeStudy(storage.sqlite_path)
        return
    locks = SlotLocks(storage, study_name)
    try:
        yield locks
    finally:
        locks.close()
