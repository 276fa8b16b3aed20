"""Locks on files and folders: they end with their process, however it ends, and leave nothing behind."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

BRIEFLY_S = 0.1  # as long as whoever looks whether a lock is held, as `remove_leftovers` does, may hold it


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[IO[str]]:
    """Hold the lock of a file until the block ends; the file is made for it, and goes with it.

    The file of a process that was killed has no lock: whoever takes it next removes it.

    Args:
        path: Of the file; it may hold a line about its holder.
        wait: For another process that holds it.

    Raises:
        BlockingIOError: Another process holds it for more than a moment, and is not waited for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("a+") as file:
            _take(file.fileno(), fcntl.LOCK_EX, wait)
            # Its holder removed it while we waited: others lock a new one.
            if identity(file.fileno()) != identity(path):
                continue
            try:
                yield file
            finally:
                path.unlink(missing_ok=True)  # before the lock ends
            return


@contextmanager
def locked_folder(folder: Path, shared: bool = False, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a folder itself, which needs no file and may be removed or replaced meanwhile.

    Args:
        folder: Made where it is missing.
        shared: Beside others who share it.
        wait: For another process that holds it.

    Raises:
        BlockingIOError: Another process holds it for more than a moment, and is not waited for.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
        try:
            _take(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, wait)
            if identity(handle) != identity(folder):
                continue
            yield
            return
        finally:
            os.close(handle)


def _take(handle: int, how: int, wait: bool) -> None:
    until = time.monotonic() + BRIEFLY_S
    while True:
        try:
            return fcntl.flock(handle, how | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            if time.monotonic() > until:
                raise
        time.sleep(BRIEFLY_S / 20)


def holders(path: Path) -> list[int]:
    """Return the processes that hold a file or folder, where the system says: on Linux; none of an absent one."""
    table = Path("/proc/locks")
    lines = [line.split() for line in table.read_text().splitlines()] if table.exists() else []
    # 1: FLOCK ADVISORY READ <process> <major>:<minor>:<inode> ...; the device of a layered file system is another one.
    found = identity(path)
    place = None if found is None else str(found[1])
    return sorted({int(line[4]) for line in lines if line[1] == "FLOCK" and line[5].rpartition(":")[2] == place})


def identity(file: Path | int) -> tuple[int, int] | None:
    """Return what no two files share while both are there, by path or as it is open; none where there is no file."""
    try:
        found = file.stat() if isinstance(file, Path) else os.fstat(file)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
