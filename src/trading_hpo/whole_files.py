"""Files that are written whole or not at all, and what a process that was killed has left of them."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from trading_hpo.file_lock import locked

COPY = ".before"  # part of the name of a copy that is put back
# Other files may lie beside ours: a user's, with a date for a number, or another tool's lock.
_LEFT = re.compile(rf".+(\.(\d{{1,7}})\.part|{re.escape(COPY)}\.(\d{{1,7}}))")
_LOCK = re.compile(r".+\.db\..+\.lock")
_SETTLED_S = 60.0  # a process on another machine that shares the folder has other numbers: what is new may be its own


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield the path of a draft, which takes the place of a file when the block ends.

    A failure leaves the old file and no draft; two processes that write the same file do not mix.

    Args:
        path: Of the file; its folder is made where it is missing.

    Raises:
        OSError: With the file's name, which a failed write does not know by itself.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        draft.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        with suppress(OSError):  # what failed before is what must be said
            draft.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Remove drafts, copies and locks under a folder that belong to no process any more."""
    for path in folder.rglob("*"):
        if _LOCK.fullmatch(path.name):
            with suppress(BlockingIOError), locked(path, wait=False):  # it goes with the lock
                pass
        elif (found := _LEFT.fullmatch(path.name)) and not in_use(path, int(found.group(2) or found.group(3))):
            path.unlink(missing_ok=True)


def in_use(path: Path, process: int) -> bool:
    """Say whether what a process has made may still be its own: it lives, or seems to on another machine."""
    return not path.exists() or time.time() - path.stat().st_mtime < _SETTLED_S or is_alive(process)


def is_alive(process: int) -> bool:
    """Say whether this machine has a process of that number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
