"""Files of JSON lines that several processes append to; they survive one that dies while it writes."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from trading_hpo.errors import DamagedFileError
from trading_hpo.file_lock import identity

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mark:
    """How far a file was read, to read on from there.

    Attributes:
        file: Which file it was.
        offset: Bytes that were read.
        lines: As many lines.
    """

    file: tuple[int, int] | None
    offset: int
    lines: int


@dataclass(frozen=True)
class Entries:
    """What a file holds while its lock is ours.

    Attributes:
        known: Entries so far, in their order; where it was read on from a mark, those after it.
        anew: Whether it was read from its beginning.
    """

    known: list[dict[str, Any]]
    anew: bool
    _file: IO[bytes]
    _lines_before: int

    @property
    def mark(self) -> Mark:
        """Where to read on the next time."""
        return Mark(
            identity(self._file.fileno()), self._file.seek(0, os.SEEK_END), self._lines_before + len(self.known)
        )

    def append(self, entry: dict[str, Any]) -> None:
        """Write an entry; once this returns it outlives the process and the machine.

        Raises:
            ValueError: A number in it is not finite.
        """
        self.extend([entry])

    def extend(self, entries: Sequence[dict[str, Any]]) -> None:
        """Write several; of those a process is killed in the middle of, the first ones may be there.

        Raises:
            ValueError: A number in one of them is not finite.
        """
        self._file.write(b"".join(json.dumps(entry, allow_nan=False).encode() + b"\n" for entry in entries))
        self._file.flush()
        os.fsync(self._file.fileno())
        self.known.extend(entries)


@contextmanager
def opened(path: Path, after: Mark | None = None) -> Iterator[Entries]:
    """Read a file, and hold it alone until the block ends; it is made where it is missing.

    A last line without an end is what a process left that died while it wrote. Whole, it is an entry; half of one was
    never acknowledged, and is removed with a warning.

    Args:
        path: Of the file.
        after: Read on from there, if it is the same file and has not shrunk; else from the beginning.

    Raises:
        DamagedFileError: A line that has an end is no entry.
        OSError: It cannot be written; with its name.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            start = after if after is not None and _goes_on(file, after) else Mark(None, 0, 0)
            file.seek(start.offset)
            *lines, last = file.read().split(b"\n")
            numbered = enumerate(lines, start=start.lines + 1)
            known = [_entry(path, number, line) for number, line in numbered if line.strip()]
            if last.strip():
                known += _finish(path, file, last)
            yield Entries(known, start.offset == 0, file, start.lines)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _goes_on(file: IO[bytes], mark: Mark) -> bool:
    """Whether a mark was made in this file, at the end of a line that is still there."""
    if mark.file != identity(file.fileno()) or mark.offset == 0:
        return False
    file.seek(mark.offset - 1)
    return file.read(1) == b"\n"


def _entry(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        raise DamagedFileError(
            f"Line {number} of {path} must be a JSON object, got {line[:60].decode(errors='replace')!r}. Restore the "
            "file from a copy, or correct that line; what it said cannot be known here."
        )
    return entry


def _finish(path: Path, file: IO[bytes], last: bytes) -> list[dict[str, Any]]:
    """Give a last line its end, or remove what there is of it; return it as an entry if it is one."""
    try:
        entry = json.loads(last)
    except ValueError:
        entry = None
    if isinstance(entry, dict):
        file.write(b"\n")
        file.flush()
        return [entry]
    logger.warning(
        "The last line of %s was not written to its end (%d bytes): a process died before it was acknowledged. "
        "It is removed.",
        path,
        len(last),
    )
    file.truncate(file.seek(0, os.SEEK_END) - len(last))
    return []
