"""Where studies live: a SQLite file or a server by URL."""

import os
import shutil
import sqlite3
import weakref
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy.engine import URL, make_url

from trading_hpo.errors import StorageError
from trading_hpo.escaping import file_name, one_line
from trading_hpo.file_lock import locked
from trading_hpo.urls import HOW_TO_ESCAPE, parsed_url, quotes_secret, shown_url

if TYPE_CHECKING:
    import optuna

BUSY_TIMEOUT_S = 60
# Files whose tables and version were looked at in this process: Optuna takes a tenth of a second each time.
_CHECKED: set[tuple[Path, int]] = set()
FEW = 2  # connections to a server that wait for use: of a search and of the thread that writes; more are closed at once
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "ceph", "glusterfs", "fuse.glusterfs", "lustre")
# A dead connection is noticed within ten seconds, not after the two hours that the system waits.
KEEPALIVE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}
UNWRITABLE = ("disk is full", "readonly database", "disk I/O error")


@dataclass(frozen=True)
class StudyStorage:
    """A study database; its password is in no text that it prints.

    Attributes:
        url: SQLAlchemy URL. ``sqlite:///path`` or ``postgresql+psycopg://...``.
        variable: What holds the URL, for messages.
    """

    url: str
    variable: str = field(default="TRADING_HPO_STORAGE", compare=False)

    def __repr__(self) -> str:
        return f"StudyStorage({self.masked})"

    @property
    def masked(self) -> str:
        """The URL with its password hidden; nothing of one that cannot be read."""
        return shown_url(self.url)

    @property
    def sqlite_path(self) -> Path | None:
        """The file, if it is one."""
        parsed = self._parsed()
        return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None

    @property
    def is_postgresql(self) -> bool:
        """Whether it is a server on which several machines may search one study."""
        return self._parsed().get_backend_name() == "postgresql"

    def open(self, records: bool = True) -> "optuna.storages.BaseStorage":
        """Connect, making the database's tables where they are missing.

        Args:
            records: Whether trials have, among their user attributes, what is kept beside them; without it they are
                as other programs see them.

        Raises:
            StorageError: It cannot be reached.
        """
        import optuna

        from trading_hpo.engine.store.optuna_tables import check_schema
        from trading_hpo.engine.store.payloads import make_payload_tables
        from trading_hpo.engine.store.recorded_storage import RecordedStorage

        check_schema()
        path = self.sqlite_path
        known = path is not None and path.exists() and _file_of(path) in _CHECKED
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                _switch_to_wal(path)
            engine_kwargs: dict[str, Any] = {"connect_args": self._connect_args()}
            if path is None:
                engine_kwargs |= {"pool_pre_ping": True, "pool_size": FEW, "max_overflow": FEW}
            # RDBStorage puts `{SCHEMA_VERSION}` into URLs with braces; escaped braces keep a password whole.
            escaped = self._parsed().render_as_string(hide_password=False).replace("{", "{{").replace("}", "}}")
            with self._one_at_a_time("tables"):
                kind = RecordedStorage if records else optuna.storages.RDBStorage
                storage = kind(
                    escaped, engine_kwargs=engine_kwargs, skip_compatibility_check=known, skip_table_creation=known
                )
                make_payload_tables(storage.engine)  # a database of an earlier version has none
                if path is not None:
                    _CHECKED.add(_file_of(path))
            if path is not None:
                _commit_without_waiting_for_the_disk(storage.engine)
            opened = optuna.storages.get_storage(storage)
            # Optuna never closes its connections: they end with the process that opened them.
            weakref.finalize(opened, storage.engine.dispose)
            return opened
        except (
            sqlalchemy.exc.SQLAlchemyError,
            sqlite3.Error,
            OSError,
            ImportError,
            RuntimeError,
            KeyError,
        ) as error:
            raise StorageError(self._unwritable(error) or self._unreachable(error)) from error

    def open_if_there(self) -> "optuna.storages.BaseStorage | None":
        """Connect, if any study was ever made here; else make nothing.

        Raises:
            StorageError: It cannot be reached.
        """
        path = self.sqlite_path
        if path is not None:
            # Below a file there can be none: opening says so.
            return self.open() if path.exists() or not _first_existing(path.parent).is_dir() else None
        try:
            with self.sessions().connect() as session:
                has_studies = sqlalchemy.inspect(session).has_table("studies")
        except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
            raise StorageError(self._unreachable(error)) from error
        return self.open() if has_studies else None

    def check(self) -> None:
        """Connect once, without making anything.

        Raises:
            StorageError: The URL is malformed, its driver is absent, or no server answers.
        """
        path = self.sqlite_path
        if path is not None:
            folder = _first_existing(path.parent)
            if path.is_dir() or not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
                raise StorageError(
                    f"Studies cannot be written to {path}: {folder} is no folder that this user may write to. Give "
                    "access, or name another database in TRADING_HPO_STORAGE."
                )
            if (kind := file_system(folder)) in NETWORK:
                raise StorageError(
                    f"Studies cannot be kept in {path}: it lies on a network file system ({kind}), where the locks of "
                    "SQLite do not hold. Put data_root on a disk of this machine, or name a PostgreSQL server in "
                    "TRADING_HPO_STORAGE."
                )
            if path.exists():
                self._check_file(path)
            return
        try:
            engine = sqlalchemy.create_engine(self._parsed(), connect_args={"connect_timeout": 5})
            with engine.connect():
                pass
            engine.dispose()
        except (sqlalchemy.exc.SQLAlchemyError, ImportError, TypeError, OSError) as error:
            raise StorageError(self._unreachable(error)) from error

    def _check_file(self, path: Path) -> None:
        try:
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
            try:
                connection.execute("PRAGMA schema_version").fetchone()
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise StorageError(
                f"{path} cannot be read as a study database: {error}. Restore it, move it away, or name another in "
                "TRADING_HPO_STORAGE."
            ) from error

    @contextmanager
    def errors_in_words(self) -> Iterator[None]:
        """Turn a failure of the database into a message; what was acknowledged before it is kept.

        Raises:
            StorageError: The database failed.
        """
        import optuna

        try:
            yield
        except (sqlalchemy.exc.SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
            path = self.sqlite_path
            if path is not None and not path.exists():
                raise StorageError(removed(path)) from error
            problem = self._unwritable(error) or self._unreachable(error)
            raise StorageError(f"{problem} Finished trials are kept; the same command goes on from them.") from error

    @contextmanager
    def exclusive(self, study_name: str) -> Iterator[None]:
        """Hold the study for one search; the lock ends with the process, however it ends.

        Raises:
            StorageError: Another search holds it.
        """
        path = self.sqlite_path
        with _file_lock(path, study_name) if path is not None else self._server_lock(study_name):
            yield

    @contextmanager
    def creating(self) -> Iterator[None]:
        """Wait for one's turn to make a study, or to look at what another has made of it.

        Raises:
            StorageError: The storage cannot be reached.
        """
        with self.errors_in_words(), self._one_at_a_time("studies"):
            yield

    @contextmanager
    def _one_at_a_time(self, what: str) -> Iterator[None]:
        """Let no two processes make the same thing at once: tables and studies break, or one of both fails."""
        path = self.sqlite_path
        if path is not None:
            with _file_lock(path, what, wait=True):
                yield
        elif self.is_postgresql:
            with self.sessions().connect() as session:
                session.execute(sqlalchemy.text("select pg_advisory_lock(:key)"), {"key": study_key(f" {what}")})
                yield
        else:
            yield  # other servers have no session lock that all versions share

    @contextmanager
    def _server_lock(self, study_name: str) -> Iterator[None]:
        if not self.is_postgresql:
            yield
            return
        with self.sessions().connect() as session:
            question = sqlalchemy.text("select pg_try_advisory_lock(:key)")
            if not session.execute(question, {"key": study_key(study_name)}).scalar():
                raise StorageError(held_by_another(study_name, "another machine or process"))
            yield

    def sessions(self) -> sqlalchemy.Engine:
        """Return an engine whose connections are sessions of their own: closed, they end with all their locks."""
        return sqlalchemy.create_engine(
            self._parsed(),
            poolclass=sqlalchemy.NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args=self._connect_args(),
        )

    def _connect_args(self) -> dict[str, Any]:
        if self.sqlite_path is not None:
            return {"timeout": BUSY_TIMEOUT_S}
        return dict(KEEPALIVE) if self._parsed().get_driver_name().startswith("psycopg") else {}

    def _parsed(self) -> URL:
        try:
            if parsed_url(self.url) is not None:
                return make_url(self.url)
        except (sqlalchemy.exc.ArgumentError, ValueError):
            pass  # what it says may quote the password
        raise StorageError(
            f"{self.variable} must be a URL such as postgresql+psycopg://user:password@host/database, got one that "
            f"cannot be read; {HOW_TO_ESCAPE}"
        )

    def _unwritable(self, error: BaseException) -> str | None:
        """Say so if a file cannot grow or may not be written to."""
        path, reason = self.sqlite_path, str(_root(error))
        if path is None or not any(word in reason for word in UNWRITABLE):
            return None
        free = shutil.disk_usage(path.parent).free
        return f"{path} cannot be written to: {reason}; {free:,} bytes are free there. Make room, or give access."

    def _unreachable(self, error: BaseException) -> str:
        cause = error.__cause__ or error
        reason = one_line(str(cause).strip().partition("\n")[0])
        if not reason or quotes_secret(reason, self.url):
            reason = type(cause).__name__
        return (
            f"The study storage {self.masked} cannot be used: {reason}. "
            f"Start it, or correct {self.variable} (unset, studies go to a SQLite file)."
        )


def file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """Return the kind of file system that a path lies on; nothing where the system does not say."""
    if not mounts.exists():
        return ""
    found = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    places = {Path(place.replace("\\040", " ")): kind for place, kind in found}
    return next((places[parent] for parent in (path.resolve(), *path.resolve().parents) if parent in places), "")


def _file_of(path: Path) -> tuple[Path, int]:
    """What tells a file from another that takes its place."""
    return path.resolve(), path.stat().st_ino


def _switch_to_wal(path: Path) -> None:
    """Readers and the writer no longer block each other; the mode stays with the file."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _commit_without_waiting_for_the_disk(engine: sqlalchemy.Engine) -> None:
    """Let a commit end once the system has it; nothing is lost however a process dies.

    In write-ahead mode a commit is in the system's page cache when it returns, and that outlives any ``kill -9``. A
    power cut may take the last commits, never an earlier one without the later ones, so what is left is a state that
    the search has gone through and goes on from.
    """

    @sqlalchemy.event.listens_for(engine, "connect")
    def at_once(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    engine.dispose()  # connections that were opened before would wait


@contextmanager
def _file_lock(path: Path, name: str, wait: bool = False) -> Iterator[None]:
    # What is waited for is no study; the sign that begins its name is in no study's.
    lock = path.with_name(f"{path.name}.{f'+{name}' if wait else file_name(name)}.lock")
    with ExitStack() as held:
        try:
            file = held.enter_context(locked(lock, wait))
        except BlockingIOError as error:
            holder = lock.read_text().strip() if lock.exists() else ""
            raise StorageError(held_by_another(name, f"process {holder or 'unknown'}")) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def study_key(study_name: str) -> int:
    """Return the number of a study's lock on a server."""
    return zlib.crc32(f"trading-hpo/{study_name}".encode())


def held_by_another(study_name: str, holder: str) -> str:
    """Say that a study is in use."""
    return (
        f"Study {one_line(study_name)} is being searched by {holder}. Wait for it, or give hpo.study_name another name."
    )


def removed(path: Path) -> str:
    """Say that a study's file was removed."""
    return (
        f"{path} must stay while a study in it is searched, and was removed or replaced. Put it back, or run the same "
        "command again: the study is made anew."
    )


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _first_existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
