"""Copies of the project's runs for a server: sent while a run goes on, and what was missed with the next one.

The project's own store is the spool. A run is sent once: the copy carries the name of its original, by which it is
found again if we were stopped before we could note that it had arrived.
"""

import logging
import threading
import time
from collections import deque
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, Metric, Param, Run, RunStatus, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from trading_hpo.tracking.environment import Places
from trading_hpo.tracking.locks import held

logger = logging.getLogger(__name__)

ORIGINAL, SENT_TO = "trading_hpo.original_run", "trading_hpo.sent_to"
PARAMS_A_CALL, METRICS_A_CALL, RUNS_A_PAGE = 100, 1000, 1000
AGAIN_AFTER_S = 60.0
TICK_S = 0.5
SILENT_S = 3.0
# Of a request that reached a server which will not take it, now or later.
_REFUSED = (400, 404, 405, 409, 410, 413, 422)


class ServerSync:
    """Sends runs to a server in a thread of its own; a server that is dead or slow delays no run.

    One process at a time sends a project's runs; what it does not send, the next one does.

    Args:
        places: The store that runs are read from, and the server.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._waiting: deque[str] = deque()
        self._ended = threading.Event()
        self._failed_at: float | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin with what earlier runs could not send."""
        self._thread.start()

    def take(self, run_id: str) -> None:
        """Send a run that has ended."""
        self._waiting.append(run_id)

    def stop(self, within_s: float) -> int:
        """Send what is waiting, for so long at most; return how many runs are left to the next time."""
        self._ended.set()
        self._thread.join(min(SILENT_S, within_s))
        if self._thread.is_alive():
            logger.warning("Sending runs to %s, for %.0f s at most.", self._places.shown, within_s)
            self._thread.join(max(within_s - SILENT_S, 0.0))
        return len(self._waiting)

    def _work(self) -> None:
        try:
            with held(self._places.artifacts / "server_sync.lock") as ours:
                if ours:
                    self._send_all(_Copier(self._places))
                else:
                    self._waiting.clear()  # whoever holds the lock, or the next run, finds them in the store
        except Exception as error:  # whatever becomes of the copies, the run must not feel it
            self._give_up(error)

    def _send_all(self, copier: "_Copier") -> None:
        self._waiting.extendleft(reversed(copier.unsent()))
        while not (self._ended.is_set() and not self._waiting):
            if not self._waiting or self._resting():
                if self._ended.is_set():
                    return
                self._ended.wait(TICK_S)
                continue
            try:
                copier.send(self._waiting[0])
            except MlflowException as error:
                status: int = error.get_http_status_code()  # type: ignore[no-untyped-call] # MLflow's own
                if status in _REFUSED:
                    logger.warning("The tracking server %s refuses a run; it is left out.", self._places.shown)
                    self._waiting.popleft()
                else:
                    self._give_up(error)
            else:
                self._waiting.popleft()
                self._failed_at = None

    def _resting(self) -> bool:
        return self._failed_at is not None and time.monotonic() - self._failed_at < AGAIN_AFTER_S

    def _give_up(self, error: Exception) -> None:
        if self._failed_at is None:  # its kind alone: what the library says may quote the server's URI
            logger.warning(
                "The tracking server %s does not take runs (%s). They are kept in the project's own store and sent "
                "with the next run; nothing else is affected.",
                self._places.shown,
                type(error).__name__,
            )
        self._failed_at = time.monotonic()


class _Copier:
    """Both ends, and how a run gets from one to the other."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._local, self._server = MlflowClient(places.store), MlflowClient(places.server)
        self._experiments: dict[str, str] = {}

    def send(self, run_id: str) -> None:
        """Copy a run: parameters, metrics with their history, tags, artefacts and models; twice is once."""
        run = self._local.get_run(run_id)
        copy_id = self._copy_of(run)
        tags = [
            RunTag(key, value)
            for key, value in run.data.tags.items()
            if key not in {MLFLOW_PARENT_RUN_ID, SENT_TO, ORIGINAL}
        ]
        for start in range(0, len(tags), PARAMS_A_CALL):
            self._server.log_batch(copy_id, tags=tags[start : start + PARAMS_A_CALL])
        params = [Param(key, value) for key, value in run.data.params.items()]
        for start in range(0, len(params), PARAMS_A_CALL):
            self._server.log_batch(copy_id, params=params[start : start + PARAMS_A_CALL])
        metrics = [metric for key in run.data.metrics for metric in self._history(run_id, key)]
        for start in range(0, len(metrics), METRICS_A_CALL):
            self._server.log_batch(copy_id, metrics=metrics[start : start + METRICS_A_CALL])
        self._send_files(copy_id, run)
        self._server.set_terminated(copy_id, run.info.status, run.info.end_time)
        self._local.set_tag(run_id, SENT_TO, self._places.shown)

    def unsent(self) -> list[str]:
        """Return our runs that have ended and were not sent to this server, older ones first."""
        experiments = [experiment.experiment_id for experiment in self._local.search_experiments()]
        found: list[Run] = []
        token = None
        while True:
            page = self._local.search_runs(experiments, "", ViewType.ACTIVE_ONLY, RUNS_A_PAGE, page_token=token)
            found += [run for run in page if self._is_unsent(run)]
            token = page.token
            if not token:
                break
        return [run.info.run_id for run in sorted(found, key=lambda run: run.info.start_time)]

    def _is_unsent(self, run: Run) -> bool:
        ended = run.info.status != RunStatus.to_string(RunStatus.RUNNING)
        return ended and run.data.tags.get(SENT_TO) != self._places.shown

    def _history(self, run_id: str, key: str) -> list[Metric]:
        return [Metric(m.key, m.value, m.timestamp, m.step) for m in self._local.get_metric_history(run_id, key)]

    def _send_files(self, copy_id: str, run: Run) -> None:
        folder = _folder(run.info.artifact_uri)
        if folder is not None and folder.is_dir():
            self._server.log_artifacts(copy_id, str(folder))
        made_by = f"source_run_id = '{run.info.run_id}'"
        for model in self._local.search_logged_models([run.info.experiment_id], made_by):
            files = _folder(model.artifact_location)
            if files is not None and files.is_dir():
                self._server.log_artifacts(copy_id, str(files), model.name)

    def _copy_of(self, run: Run) -> str:
        """Return the server's run for one of ours, making it, and its parent's, where it is not there."""
        experiment_id = self._experiment(run.info.experiment_id)
        found = self._server.search_runs(
            [experiment_id], f"tags.`{ORIGINAL}` = '{run.info.run_id}'", ViewType.ALL, max_results=1
        )
        if found:
            if found[0].info.lifecycle_stage == LifecycleStage.DELETED:
                self._server.restore_run(found[0].info.run_id)
            return str(found[0].info.run_id)
        tags = {ORIGINAL: run.info.run_id}
        parent_id = run.data.tags.get(MLFLOW_PARENT_RUN_ID)
        if parent_id is not None:
            tags[MLFLOW_PARENT_RUN_ID] = self._copy_of(self._local.get_run(parent_id))
        made = self._server.create_run(experiment_id, run.info.start_time, tags, run.info.run_name)
        return str(made.info.run_id)

    def _experiment(self, experiment_id: str) -> str:
        """Return the server's experiment of the same name."""
        if experiment_id not in self._experiments:
            name = self._local.get_experiment(experiment_id).name
            there = self._server.get_experiment_by_name(name)
            if there is None:
                self._experiments[experiment_id] = self._server.create_experiment(name)
            else:
                if there.lifecycle_stage == LifecycleStage.DELETED:
                    self._server.restore_experiment(there.experiment_id)
                self._experiments[experiment_id] = there.experiment_id
        return self._experiments[experiment_id]


def _folder(uri: str) -> Path | None:
    """The folder of a local artefact URI."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme in ("", "file") else None
