"""Which process does what: locks that end with their process, however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import RunStatus

OURS = "trading_hpo.pipeline_run"


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Try to hold a lock; say whether it is ours. A file that others wait for is never deleted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


@contextmanager
def alive(client: MlflowClient, run_id: str, folder: Path) -> Iterator[None]:
    """Hold a pipeline run's lock: by it a later run knows whether this one is over."""
    path = _lock(folder, run_id)
    with held(path):
        client.set_tag(run_id, OURS, "true")  # once the lock is held: what has the tag and no lock is dead
        yield
    path.unlink(missing_ok=True)


def close_dead_runs(client: MlflowClient, experiment_id: str, folder: Path) -> None:
    """End the pipeline runs of an experiment whose process was killed."""
    running = RunStatus.to_string(RunStatus.RUNNING)
    for run in client.search_runs([experiment_id], f"tags.`{OURS}` = 'true' and attributes.status = '{running}'"):
        path = _lock(folder, run.info.run_id)
        with held(path) as is_dead:
            if is_dead:
                client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))
        if is_dead:
            path.unlink(missing_ok=True)


def _lock(folder: Path, run_id: str) -> Path:
    return folder / f"{run_id}.lock"
