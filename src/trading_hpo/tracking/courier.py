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
from mlflow.entities import Metric, Run, RunStatus, ViewType
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from trading_hpo.tracking.environment import Places

logger = logging.getLogger(__name__)

ORIGINAL, SENT_TO = "trading_hpo.original_run", "trading_hpo.sent_to"
PARAMS_A_CALL, METRICS_A_CALL, RUNS_A_PAGE = 100, 1000, 1000
AGAIN_AFTER_S = 60.0
TICK_S = 0.5


class Courier:
    """Sends runs to a server in a thread of its own; a server that is dead or slow holds nobody up.

    Args:
        places: The store that runs are read from, and the server.
    """

    def __init__(self, places: Places) -> None:
        assert places.server is not None
        self._places = places
        self._local, self._server = MlflowClient(places.store), MlflowClient(places.server)
        self._waiting: deque[str] = deque()
        self._experiments: dict[str, str] = {}
        self._ended = threading.Event()
        self._failed_at: float | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin with what earlier runs could not send."""
        self._waiting.extend(self._unsent())
        self._thread.start()

    def take(self, run_id: str) -> None:
        """Send a run that has ended."""
        self._waiting.append(run_id)

    def stop(self, within_s: float) -> int:
        """Send what is waiting, for so long at most; return how many runs are left to the next time."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join(within_s)
        return len(self._waiting)

    def _work(self) -> None:
        while not (self._ended.is_set() and not self._waiting):
            if not self._waiting or self._resting():
                if self._ended.is_set():
                    return
                self._ended.wait(TICK_S)
                continue
            try:
                self.send(self._waiting[0])
            except Exception as error:  # whatever a server does to us, the search must not feel it
                self._give_up(error)
            else:
                self._waiting.popleft()
                self._failed_at = None

    def _resting(self) -> bool:
        return self._failed_at is not None and time.monotonic() - self._failed_at < AGAIN_AFTER_S

    def _give_up(self, error: Exception) -> None:
        if self._failed_at is None:
            logger.warning(
                "The tracking server %s does not take runs (%s). They are kept in the project's own store and sent "
                "with the next run; nothing else is affected.",
                self._places.shown,
                type(error).__name__,
            )
        self._failed_at = time.monotonic()

    def send(self, run_id: str) -> None:
        """Copy a run: parameters, metrics with their history, tags, artefacts and models; twice is once."""
        run = self._local.get_run(run_id)
        copy_id = self._copy_of(run)
        ours = {key: value for key, value in run.data.tags.items() if key not in {MLFLOW_PARENT_RUN_ID, SENT_TO}}
        for key, value in ours.items():
            self._server.set_tag(copy_id, key, value)
        params = run.data.params
        self._log(copy_id, list(params.items()), [m for key in run.data.metrics for m in self._history(run_id, key)])
        folder = _folder(run.info.artifact_uri)
        if folder is not None and folder.is_dir():
            self._server.log_artifacts(copy_id, str(folder))
        for model in self._local.search_logged_models([run.info.experiment_id], f"source_run_id = '{run_id}'"):
            files = _folder(model.artifact_location)
            if files is not None and files.is_dir():
                self._server.log_artifacts(copy_id, str(files), model.name)
        self._server.set_terminated(copy_id, run.info.status, run.info.end_time)
        self._local.set_tag(run_id, SENT_TO, self._places.shown)

    def _log(self, copy_id: str, params: list[tuple[str, str]], metrics: list[Metric]) -> None:
        from mlflow.entities import Param

        for start in range(0, len(params), PARAMS_A_CALL):
            chunk = [Param(key, value) for key, value in params[start : start + PARAMS_A_CALL]]
            self._server.log_batch(copy_id, params=chunk)
        for start in range(0, len(metrics), METRICS_A_CALL):
            self._server.log_batch(copy_id, metrics=metrics[start : start + METRICS_A_CALL])

    def _history(self, run_id: str, key: str) -> list[Metric]:
        return [Metric(m.key, m.value, m.timestamp, m.step) for m in self._local.get_metric_history(run_id, key)]

    def _copy_of(self, run: Run) -> str:
        """Return the server's run for one of ours, making it, and its parent's, where it is not there."""
        experiment_id = self._experiment(run.info.experiment_id)
        found = self._server.search_runs(
            [experiment_id], f"tags.`{ORIGINAL}` = '{run.info.run_id}'", ViewType.ALL, max_results=1
        )
        if found:
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
                if there.lifecycle_stage == "deleted":
                    self._server.restore_experiment(there.experiment_id)
                self._experiments[experiment_id] = there.experiment_id
        return self._experiments[experiment_id]

    def _unsent(self) -> list[str]:
        """Our runs that have ended and were not sent to this server, parents and older ones first."""
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


def _folder(uri: str) -> Path | None:
    """The folder of a local artefact URI."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme in ("", "file") else None
