"""Which process does what: locks that end with their process, however it ends."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import RunStatus

from trading_hpo.file_lock import locked

OURS = "trading_hpo.pipeline_run"


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Try to hold a lock; say whether it is ours."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path, wait=False))
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def alive(client: MlflowClient, run_id: str, folder: Path) -> Iterator[None]:
    """Hold a pipeline run's lock: by it a later run knows whether this one is over."""
    with held(_lock(folder, run_id)):
        client.set_tag(run_id, OURS, "true")  # once the lock is held: what has the tag and no lock is dead
        yield


def close_dead_runs(client: MlflowClient, experiment_id: str, folder: Path) -> None:
    """End the pipeline runs of an experiment whose process was killed."""
    running = RunStatus.to_string(RunStatus.RUNNING)
    for run in client.search_runs([experiment_id], f"tags.`{OURS}` = 'true' and attributes.status = '{running}'"):
        with held(_lock(folder, run.info.run_id)) as is_dead:
            if is_dead:
                client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))


def _lock(folder: Path, run_id: str) -> Path:
    return folder / f"{run_id}.lock"
