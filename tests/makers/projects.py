"""Project folders: the real configuration without data, and one whose search is finished, made once for all tests."""

import fcntl
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.makers.commands import kedro_here

ROOT = Path(__file__).parents[2]

# Of the smallest source, as tests want to look at it: one model type, whose trials are few and whose order is fixed.
FINISHED_SOURCE = "us_tech_ohlcv"
FINISHED_STUDY = f"test-{FINISHED_SOURCE}-direction1.mlp"
FINISHED = ("run", "--env", "test", "--namespaces", "mlp", "--params")
FINISHED_PARAMETERS = f"source={FINISHED_SOURCE},hpo.n_trials=3,hpo.workers=1"


def new_project(folder: Path) -> Path:
    """Make a project folder with the real configuration and no data yet."""
    (folder / "src").mkdir(parents=True)
    shutil.copytree(ROOT / "conf", folder / "conf")
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def once(shared: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder unless another worker of pytest has made it; whoever comes in between waits.

    Args:
        shared: Folder of all workers.
        name: Of the folder in it.
        make: Fills the folder; one that fails is made again by whoever comes next.
    """
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


def finish(folder: Path) -> None:
    """Make a project and run one model type through all stages."""
    done = kedro_here(new_project(folder), *FINISHED, FINISHED_PARAMETERS)
    assert done.returncode == 0, done.stdout + done.stderr
    for database in folder.rglob("*.db"):  # what still lies in the write-ahead log
        connection = sqlite3.connect(database)
        (busy, *_) = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
        connection.close()
        assert not busy, f"{database} is still open"


def copy_data(project: Path, to: Path) -> None:
    """Copy a project's data into another; its runs' artefacts are found there as soon as a command has run."""
    shutil.copytree(project / "data", to / "data", ignore=shutil.ignore_patterns("*.db-wal", "*.db-shm"))
