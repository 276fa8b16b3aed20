"""Where studies live: a SQLite file or a server by URL."""

import fcntl
import os
import shutil
import sqlite3
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy.engine import URL, make_url

from trading_hpo.errors import StorageError

if TYPE_CHECKING:
    import optuna

BUSY_TIMEOUT_S = 60
FEW = 2  # connections to a server that wait for use: of a search and of the thread that writes; more are closed at once
NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "ceph", "glusterfs", "fuse.glusterfs", "lustre")
# A dead connection is noticed within ten seconds, not after the two hours that the system waits.
LIVELY = {
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
    """

    url: str

    def __repr__(self) -> str:
        return f"StudyStorage({self.masked})"

    @property
    def masked(self) -> str:
        """The URL with its password hidden."""
        return masked_url(self.url)

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
                storage = kind(escaped, engine_kwargs=engine_kwargs)
                make_payload_tables(storage.engine)
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
            raise StorageError(self._unreachable(error)) from error

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
        return dict(LIVELY) if self._parsed().get_driver_name().startswith("psycopg") else {}

    def _parsed(self) -> URL:
        try:
            return make_url(self.url)
        except (sqlalchemy.exc.ArgumentError, ValueError):
            raise StorageError(
                "The storage URL must look like postgresql+psycopg://user:password@host/database, got "
                f"{masked_url(self.url)!r}. Correct TRADING_HPO_STORAGE; special characters of a password are written "
                "as percent codes, such as %40 for @."
            ) from None  # the cause may quote the password

    def _unwritable(self, error: BaseException) -> str | None:
        """Say so if a file cannot grow or may not be written to."""
        path, reason = self.sqlite_path, str(_root(error))
        if path is None or not any(word in reason for word in UNWRITABLE):
            return None
        free = shutil.disk_usage(path.parent).free
        return f"{path} cannot be written to: {reason}; {free:,} bytes are free there. Make room, or give access."

    def _unreachable(self, error: BaseException) -> str:
        parsed = self._parsed()
        password = parsed.password or next((v for n, v in parsed.query.items() if "pass" in n.lower()), None)
        text = str(error.__cause__ or error).strip()
        reason = text.splitlines()[0] if text else type(error).__name__
        if password:
            reason = reason.replace(str(password), "***")
        return (
            f"The study storage {self.masked} cannot be used: {reason}. "
            "Start it, or correct TRADING_HPO_STORAGE (unset, studies go to a SQLite file)."
        )


def file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """Return the kind of file system that a path lies on; nothing where the system does not say."""
    if not mounts.exists():
        return ""
    found = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    places = {Path(place.replace("\\040", " ")): kind for place, kind in found}
    return next((places[parent] for parent in (path.resolve(), *path.resolve().parents) if parent in places), "")


def masked_url(url: str) -> str:
    """Return a URL without its password.

    Example:
        >>> masked_url("postgresql+psycopg://me:secret@host/studies")
        'postgresql+psycopg://me:***@host/studies'
    """
    try:
        parsed = make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        scheme, separator, _ = url.partition("://")
        return f"{scheme}://***" if separator else "***"
    hidden = {name: "***" for name in parsed.query if "pass" in name.lower()}
    return parsed.update_query_dict(hidden).render_as_string(hide_password=True)


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
def _file_lock(path: Path, study_name: str, wait: bool = False) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f"{path.name}.{study_name}.lock")
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError as error:
            file.seek(0)
            raise StorageError(held_by_another(study_name, f"process {file.read().strip() or 'unknown'}")) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def study_key(study_name: str) -> int:
    """Return the number of a study's lock on a server."""
    return zlib.crc32(f"trading-hpo/{study_name}".encode())


def held_by_another(study_name: str, holder: str) -> str:
    """Say that a study is in use."""
    return f"Study {study_name} is being searched by {holder}. Wait for it, or give hpo.study_name another name."


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _first_existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
