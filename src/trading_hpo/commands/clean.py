"""`make clean`: removes what runs have written, unless one is on. Needs Python alone, so it works before an install."""

import sys
from pathlib import Path

from trading_hpo.file_lock import holders, locked, locked_folder

KEPT = ("holdout_ledger.jsonl", "trial_ledger.jsonl", ".gitkeep")


def clean(project: Path) -> None:
    """Remove all files under ``data/`` but the ledgers, and folders that are empty then.

    Args:
        project: Its folder, which every `kedro run` holds shared; searches and tracked runs hold locks under ``data/``,
            and whoever prepares data the folder that they go to.

    Raises:
        BlockingIOError: A run is on.
    """
    with locked_folder(project, wait=False):
        for place in _held(project):  # by a run from a notebook, too
            with locked_folder(place, wait=False) if place.is_dir() else locked(place, wait=False):
                pass
        for path in sorted((project / "data").rglob("*"), reverse=True):  # what is in a folder before the folder
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.name not in KEPT:
                path.unlink()


def _held(project: Path) -> list[Path]:
    """Return what runs may hold under ``data/``: folders and the files of locks."""
    below = (project / "data").rglob("*")
    return [path for path in below if path.suffix == ".lock" or (path.is_dir() and not path.is_symlink())]


def main() -> int:
    """Clean the project of the working directory."""
    project = Path.cwd()
    try:
        clean(project)
    except BlockingIOError:
        numbers = sorted({number for place in [project, *_held(project)] for number in holders(place)})
        who = ", ".join(f"process {number}" for number in numbers) or "another process"
        print(f"Nothing is removed: a run is on ({who}). Wait for it, or stop it by Ctrl-C, then clean again.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
