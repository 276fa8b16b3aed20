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
from trading_hpo.study.ranking import best_trial, metric_of
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.trial_ledger import study_id_of
from trading_hpo.tracking.locks import held
from trading_hpo.tracking.server_sync import SENT_TO

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

STUDY, TRIAL = "trading_hpo.study_id", "trading_hpo.trial"
BEST = "best"  # "true" at the run of the trial that would be chosen now, "false" at all others
EVERY_S = 5.0
PAGE = 1000
_STATUS = {"COMPLETE": RunStatus.FINISHED, "PRUNED": RunStatus.KILLED, "FAIL": RunStatus.FAILED}
_STATE = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}


class TrialMirror:
    """Logs each trial of one study that its search has ended, once, over all runs; marks the best one's run.

    Args:
        client: Of the project's own store.
        experiment_id: Of the study name.
        parent_run_id: Of the pipeline run; trials that an earlier, killed run has not logged are logged by this one.
        ref: The study.
        on_logged: Is given each run as soon as it is complete, and again when it is the best or is so no longer.
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
        self._logged: dict[int, str | None] = {}  # runs by trial; none where there is one no more
        self._marked: set[int] = set()
        self._is_marked = False  # whether the best of all that are logged is the one
        self._half_logged: dict[int, str] = {}
        self._has_read_back = False
        self._name = ref.study_name  # without the experiment's, which is above it in MLflow's pages

    def catch_up(self) -> None:
        """Log all trials that have ended since the last time."""
        if self._study is None:
            if self._ref.if_there().skipped is not None:
                return
            self._study = self._ref.follow()
            self._study_id = file_name(study_id_of(self._study))  # stands in a query, between quotes
        if not self._has_read_back:
            self._name = self._ref.study_name.removeprefix(f"{self._client.get_experiment(self._experiment_id).name}.")
            self._read_back()
            self._logged = {**dict.fromkeys(cleaned_trials(self._study)), **self._logged}
            self._has_read_back = True
        for trial in own_trials(self._study):
            if trial.state.is_finished() and trial.number not in self._logged:
                run_id = self._log(self._study, trial)
                self._logged[trial.number] = run_id
                self._is_marked = False
                self._on_logged(run_id)
        if not self._is_marked:
            self._mark_best(self._study)
            self._is_marked = True

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

    def _mark_best(self, study: "optuna.Study") -> None:
        """Let the run of the best trial be the only one that is marked; first no other is, so there are never two."""
        best = best_trial(study)
        wanted = set() if best is None else {best.number}
        for number in sorted(self._marked - wanted):
            self._mark(number, "false")
        self._marked &= wanted
        self._marked |= {number for number in wanted - self._marked if self._mark(number, "true")}

    def _mark(self, number: int, text: str) -> bool:
        """Mark a trial's run; say whether there is one."""
        run_id = self._logged.get(number)
        run = None if run_id is None else self._client.get_run(run_id)
        if run is None or run.info.lifecycle_stage != LifecycleStage.ACTIVE:
            return False  # deleted by its user, who wants it so
        if SENT_TO in run.data.tags:
            # What a server has is out of date, should this process end now.
            self._client.delete_tag(run.info.run_id, SENT_TO)
        self._client.set_tag(run.info.run_id, BEST, text)
        self._on_logged(run.info.run_id)
        return True

    def _read_back(self) -> None:
        """Find the trials that have a run, those whose run was cut short between its first and last write, the mark."""
        logged: dict[int, str | None] = {}
        half, marked, token = {}, set(), None
        while True:
            page = self._client.search_runs(
                [self._experiment_id], f"tags.`{STUDY}` = '{self._study_id}'", ViewType.ALL, PAGE, page_token=token
            )
            for run in page:
                number = int(run.data.tags[TRIAL])
                active = run.info.lifecycle_stage == LifecycleStage.ACTIVE
                if active and run.info.status == RunStatus.to_string(RunStatus.RUNNING):
                    half[number] = run.info.run_id
                else:  # what somebody has deleted is not logged again
                    logged[number] = run.info.run_id if active else logged.get(number)
                    marked |= {number} if active and run.data.tags.get(BEST) == "true" else set()
            token = page.token
            if not token:
                break
        self._logged, self._marked = logged, marked
        self._half_logged = {number: run_id for number, run_id in half.items() if number not in logged}

    def _log(self, study: "optuna.Study", trial: "FrozenTrial") -> str:
        tags = {
            MLFLOW_PARENT_RUN_ID: self._parent,
            MLFLOW_RUN_NAME: f"{self._name} trial {trial.number}",
            STUDY: self._study_id,
            TRIAL: str(trial.number),
            "study": self._ref.study_name,
            "model_type": self._ref.model_type,
            "slot": str(trial.user_attrs.get("slot", trial.number)),
            "state": _STATE[trial.state.name],
            BEST: "false",
            **{key: _words(trial.user_attrs[key]) for key in (REASON, NO_VALUE) if trial.user_attrs.get(key)},
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


def _words(said: Any) -> str:
    """A reason, or the reasons of several metrics."""
    return "; ".join(f"{name}: {why}" for name, why in said.items()) if isinstance(said, dict) else str(said)


def _milliseconds(moment: datetime | None) -> int:
    return int((moment or datetime.now()).timestamp() * 1000)
