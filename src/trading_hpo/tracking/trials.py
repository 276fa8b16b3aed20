"""Trials of a study as child runs; what is still to be logged is read from the study itself."""

import hashlib
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, Metric, Param, RunStatus, RunTag, ViewType
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

from trading_hpo.engine.trial_record import NO_VALUE, REASON, SPREAD, cost_of, metrics_of
from trading_hpo.escaping import file_name, mlflow_key
from trading_hpo.study.cleaning import cleaned_trials
from trading_hpo.study.own_trials import own_trials
from trading_hpo.study.ranking import metric_of
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.trial_ledger import study_id_of
from trading_hpo.tracking.locks import held

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

STUDY, TRIAL = "trading_hpo.study_id", "trading_hpo.trial"
EVERY_S = 5.0
PAGE = 1000
_STATUS = {"COMPLETE": RunStatus.FINISHED, "PRUNED": RunStatus.KILLED, "FAIL": RunStatus.FAILED}


class TrialMirror:
    """Logs each trial of one study that its search has ended, once, over all runs.

    Args:
        client: Of the project's own store.
        experiment_id: Of the study name.
        parent_run_id: Of the pipeline run; trials that an earlier, killed run has not logged are logged by this one.
        ref: The study.
        on_logged: Is given each run as soon as it is complete.
    """

    def __init__(
        self,
        client: MlflowClient,
        experiment_id: str,
        parent_run_id: str,
        ref: StudyRef,
        on_logged: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._client, self._experiment_id, self._parent, self._ref = client, experiment_id, parent_run_id, ref
        self._on_logged = on_logged
        self._study: optuna.Study | None = None  # of a later phase it is not there yet
        self._study_id = file_name(ref.study_name)
        self._logged: set[int] = set()
        self._half_logged: dict[int, str] = {}
        self._has_read_back = False

    def catch_up(self) -> None:
        """Log all trials that have ended since the last time."""
        if self._study is None:
            if self._ref.if_there().skipped is not None:
                return
            self._study = self._ref.open()
            self._study_id = file_name(study_id_of(self._study))  # stands in a query, between quotes
        if not self._has_read_back:
            self._logged, self._half_logged = self._read_back()
            self._logged |= cleaned_trials(self._study)
            self._has_read_back = True
        for trial in own_trials(self._study):
            if trial.state.is_finished() and trial.number not in self._logged:
                run_id = self._log(self._study, trial)
                self._logged.add(trial.number)
                self._on_logged(run_id)

    @contextmanager
    def following(self, locks: Path) -> Iterator[None]:
        """Catch up every few seconds in a thread of its own, so that no trial waits for MLflow; and at the end.

        Args:
            locks: Folder of the lock that makes one process at a time log this study; another logs nothing.
        """
        place = hashlib.sha256(f"{self._ref.storage.masked} {self._ref.study_name}".encode()).hexdigest()[:16]
        with held(locks / f"{place}.lock") as ours:
            if not ours:
                yield
                return
            with self._thread():
                yield

    @contextmanager
    def _thread(self) -> Iterator[None]:
        ended = threading.Event()

        def follow() -> None:
            while not ended.wait(EVERY_S):
                with suppress(Exception):  # what cannot be logged now is logged at the end, where a failure is raised
                    self.catch_up()

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.catch_up()

    def _read_back(self) -> tuple[set[int], dict[int, str]]:
        """Return the trials that have a run, and those whose run was cut short between its first and last write."""
        logged, half, token = set(), {}, None
        while True:
            page = self._client.search_runs(
                [self._experiment_id], f"tags.`{STUDY}` = '{self._study_id}'", ViewType.ALL, PAGE, page_token=token
            )
            for run in page:
                number = int(run.data.tags[TRIAL])
                running = run.info.status == RunStatus.to_string(RunStatus.RUNNING)
                if running and run.info.lifecycle_stage == LifecycleStage.ACTIVE:
                    half[number] = run.info.run_id
                else:  # what somebody has deleted is not logged again
                    logged.add(number)
            token = page.token
            if not token:
                return logged, {number: run_id for number, run_id in half.items() if number not in logged}

    def _log(self, study: "optuna.Study", trial: "FrozenTrial") -> str:
        name = f"{self._ref.model_type} {trial.number}"
        tags = {
            MLFLOW_PARENT_RUN_ID: self._parent,
            MLFLOW_RUN_NAME: name,
            STUDY: self._study_id,
            TRIAL: str(trial.number),
            "study": self._ref.study_name,
            "model_type": self._ref.model_type,
            "slot": str(trial.user_attrs.get("slot", trial.number)),
            "state": trial.state.name,
            **{key: str(trial.user_attrs[key]) for key in (REASON, NO_VALUE) if key in trial.user_attrs},
        }
        ended = _milliseconds(trial.datetime_complete)
        run_id = self._half_logged.get(trial.number)
        if run_id is None:
            started = _milliseconds(trial.datetime_start)
            run_id = self._client.create_run(self._experiment_id, started, tags).info.run_id
            self._half_logged[trial.number] = run_id  # should a write fail now, the next try goes on with this run
        self._client.log_batch(
            run_id,
            metrics=list(_metrics(trial, metric_of(study), ended)),
            params=[Param(mlflow_key(key), str(value)) for key, value in trial.params.items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )
        self._client.set_terminated(run_id, RunStatus.to_string(_STATUS[trial.state.name]), ended)
        del self._half_logged[trial.number]
        return run_id


def _metrics(trial: "FrozenTrial", objective: str, ended: int) -> Iterator[Metric]:
    """The objective by epoch, then every metric's mean over folds, its spread over folds, and the cost."""
    for epoch, value in trial.intermediate_values.items():
        yield Metric(mlflow_key(f"{objective}_by_epoch"), value, ended, epoch)
    means = metrics_of(trial)
    spreads: dict[str, Any] = trial.user_attrs.get(SPREAD, {})
    costs = cost_of(trial)
    named = {**means, **{f"{name}_std": value for name, value in spreads.items()}, **costs}
    for name, value in named.items():
        if value is not None and math.isfinite(value):
            yield Metric(mlflow_key(name), value, ended, 0)


def _milliseconds(moment: datetime | None) -> int:
    return int((moment or datetime.now()).timestamp() * 1000)
