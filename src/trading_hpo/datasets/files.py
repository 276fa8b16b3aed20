"""Where a dataset's data lie, and whether they are still the same."""

import hashlib
from pathlib import Path
from typing import Any

ABSENT = "absent"


def file_of(dataset: Any) -> Path | None:
    """Return the file or folder of a dataset; none for one that has none.

    Kedro has no public name for it. ``_filepath`` is what its own versioned datasets, and so those of kedro-datasets
    and what kedro-mlflow wraps, keep it in; datasets of ours do likewise.
    """
    path = getattr(dataset, "_filepath", None)
    return None if path is None else Path(str(path))


class FileDigests:
    """Digests of files and folders by content; a file is read again only after something was written to it."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, int, int, int, int], bytes] = {}

    def of(self, path: Path) -> str:
        """Return the digest of a file, or of all files of a folder and their names; ``ABSENT`` where there is none."""
        if not path.exists():
            return ABSENT
        digest = hashlib.sha256()
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(f"{file.relative_to(path.parent)}\0".encode())
                digest.update(self._of_file(file))
        return digest.hexdigest()

    def _of_file(self, path: Path) -> bytes:
        state = path.stat()
        key = (path, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        if key not in self._known:
            with path.open("rb") as file:
                self._known[key] = hashlib.file_digest(file, "sha256").digest()
        return self._known[key]
