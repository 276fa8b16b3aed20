"""One study's search, from its parameters to its end."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage
from sqlalchemy import Engine

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.candidate import Evaluator
from trading_hpo.engine.executor.processes import ProcessExecutor, preload
from trading_hpo.engine.pruners.base import PrunerConfig
from trading_hpo.engine.pruners.none import NoneConfig
from trading_hpo.engine.store.claims import Claims, claims_on
from trading_hpo.engine.store.optuna_tables import count_ended, engine_of, place_of, study_names
from trading_hpo.engine.store.outage import outlived
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.store.stored_study import StoredStudy
from trading_hpo.engine.store.writer import PATIENCE_S, Writer
from trading_hpo.engine.supervisor import Supervisor
from trading_hpo.escaping import file_name
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.splits.folds import Split
from trading_hpo.splits.samples import check_samples
from trading_hpo.study.conditions import search_fingerprint
from trading_hpo.study.config import HpoConfig, common_window
from trading_hpo.study.evaluation import EvaluationTask, make_evaluator, mapped_panel
from trading_hpo.study.opening import check_study, open_study
from trading_hpo.study.own_trials import set_aside_in
from trading_hpo.study.place import Place
from trading_hpo.study.progress import Progress, Shown
from trading_hpo.study.search_spaces import SearchSpacesConfig, resolve_space
from trading_hpo.study.searched_losses import check_runs
from trading_hpo.study.thinning import thin
from trading_hpo.study.timing import middle_of
from trading_hpo.study.transfer import Transfer, recall
from trading_hpo.study.trial_ledger import Entered, enter
from trading_hpo.study.upkeep import Upkeep
from trading_hpo.study.validation import constant_metrics, constant_series, fold_rows, keep_validation, kept_facts
from trading_hpo.tasks.registry import task_of
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel

# Imported by a first trial: seconds and 100 MB for each worker, were they not there when it is forked.
_OF_A_FIRST_TRIAL = ("trading_hpo.study.evaluation", "scipy.special")


@dataclass(frozen=True)
class Search:
    """One model type's search, ready to run.

    Attributes:
        study_name: In the storage.
        space: Of the model type.
        task: What every trial shares.
        fingerprint: What a study must have been made under to be continued.
        hpo: Budget, sampler, pruner.
        panel_path: The file that workers map.
        all_epochs: Of a trial, where a phase does not say otherwise.
        transfer: Asked for what the study takes over from earlier ones, should it be made.
        make: Makes what evaluates candidates, in a worker.
        patience_s: For how long the storage may be away while the search goes on.
        phase: That it is of, where the model type has several.
        place: Among the searches of a run.
    """

    study_name: str
    space: Mapping[str, Any]
    task: EvaluationTask
    fingerprint: Mapping[str, Any]
    hpo: HpoConfig
    panel_path: Path
    all_epochs: int = 1
    transfer: Callable[[], Transfer] | None = None
    make: Callable[[EvaluationTask, Path], Evaluator] = make_evaluator
    patience_s: float = PATIENCE_S
    phase: str = ""
    place: Place | None = None

    @staticmethod
    def of(
        model_type: str,
        study_name: str,
        panel: Panel,
        split: Split,
        spaces: SearchSpacesConfig,
        training: TrainingConfig,
        backtest: BacktestConfig,
        hpo: HpoConfig,
        scalars: Path | None = None,
        place: Place | None = None,
    ) -> "Search":
        """Put a search together.

        **Looks ahead:** label only, of the folds' rows; the holdout is in none of them.

        Args:
            model_type: Whose study.
            study_name: Its name in the storage.
            panel: Mapped from a file, which the workers map too.
            split: The folds.
            spaces: Search spaces of all model types.
            training: What all trials share.
            backtest: How validation is traded.
            hpo: Budget, sampler, pruner, overrides.
            scalars: Folder for TensorBoard's files of all studies, should they be wanted.
            place: Among the searches of a run.

        Raises:
            DataError: A role of a fold has no samples, one class only, or no bars in a row that a loss needs.
        """
        if panel.path is None:
            raise ValueError("panel must be mapped from a file, for the workers to map it too")
        all_epochs = training.epochs
        training = training.model_copy(update={"epochs": hpo.epochs or all_epochs})
        predicted, custom = task_of(panel.label), hpo.custom_search_spaces
        hpo, target_kind = hpo.for_task(predicted), predicted.target_kind
        space = resolve_space(spaces, custom, model_type, training, target_kind)
        window = common_window(target_kind, spaces, training, custom)
        check_samples(panel, split, window)
        if "loss" in MODEL_TYPES[model_type].choices:
            check_runs(panel, split, window, space, training, target_kind)
        fingerprint = search_fingerprint(panel, split, space, window, hpo, training, backtest)
        task = EvaluationTask(
            model_type=model_type,
            split=split,
            training=training,
            backtest=backtest,
            objectives=tuple(objective.metric for objective in hpo.improved),
            constraints=hpo.constraints,
            longest_window=window,
            seed=hpo.seed,
            panel_digest=fingerprint["data"]["digest"],
            fold_order=hpo.fold_order,
            limits=hpo.limits,
            scalars=scalars / file_name(study_name) if hpo.tensorboard and scalars is not None else None,
            timed=_to_time(model_type, place, lambda name: resolve_space(spaces, custom, name, training, target_kind)),
        )
        return Search(study_name, space, task, fingerprint, hpo, panel.path, all_epochs, place=place)

    def check(self, storage: StudyStorage) -> Mapping[str, Any]:
        """Refuse a study that the search could not go on with, and make nothing.

        Returns:
            The attributes of the study; none of one that is not made yet.

        Raises:
            StorageError: The storage cannot be used, or another process searches the study.
            StudyMismatchError: The study was made under other conditions.
        """
        with storage.errors_in_words():
            return outlived(partial(self._check, storage), self.patience_s)

    def _check(self, storage: StudyStorage) -> Mapping[str, Any]:
        path = storage.sqlite_path
        with ExitStack() as held:
            if path is None or path.exists():
                held.enter_context(claims_on(storage, self.study_name))
            return check_study(storage, self.study_name, self.fingerprint, self.transfer)

    def open(self, storage: StudyStorage) -> optuna.Study:
        """Make the study, or check that it was made under the same conditions, and train nothing.

        Raises:
            StorageError: The storage cannot be used, or another process searches the study.
            StudyMismatchError: The study was made under other conditions.
        """
        with ExitStack() as held, storage.errors_in_words():
            return outlived(partial(self._enter, storage, held), self.patience_s)[1]

    def run(self, storage: StudyStorage, ledger: Path | None = None) -> bool:
        """Search until the budget is spent; go on where an earlier run ended, do nothing where it is spent.

        Args:
            storage: Of the study.
            ledger: Where its trials are counted (``study.trial_ledger``); without one they are not.

        Returns:
            Whether it is spent; if not, the time was over.

        Raises:
            StorageError: The storage cannot be used, or another process searches the study where it cannot be shared.
            StudyMismatchError: The study was made under other conditions.
        """
        with ExitStack() as held, storage.errors_in_words():
            claims, study, opened = outlived(partial(self._enter, storage, held), self.patience_s)
            taken_over = outlived(partial(recall, opened, study), self.patience_s)
            plan = self.hpo.plan(self.task.training.epochs)
            plan = replace(
                plan,
                pruner=self.pruner,
                candidates_per_batch=MODEL_TYPES[self.task.model_type].candidates_per_batch,
                start_from=(*plan.start_from, *taken_over.first),
            )
            stored = StoredStudy(study, opened, Writer(self.patience_s), claims.shared)
            executor = ProcessExecutor(
                partial(self.make, self.task, self.panel_path),
                plan.workers,
                60 * plan.worker_silence_minutes,
                self._preloaded if self.make is make_evaluator else (),
            )
            progress = Progress(self.hpo.notifications, shown=replace(self.shown, later=self._later(opened)))
            upkeep = Upkeep(progress, partial(self._keep_up, study, ledger, Entered()))
            aside = outlived(partial(set_aside_in, study), self.patience_s)
            whole = (stored, self.space, plan, executor, upkeep, claims, taken_over.trials, aside)
            supervisor = outlived(partial(Supervisor, *whole), self.patience_s)
            try:
                spent = supervisor.run()
            except BaseException:
                upkeep.try_to()  # what ended the search is what must be said
                raise
            upkeep.do()
            return spent

    def preload(self) -> None:
        """Let what workers are forked with be imported meanwhile: the search is about to be run."""
        preload(self._preloaded)

    @property
    def _preloaded(self) -> tuple[str, ...]:
        # Of all that are searched: the first search starts the process that the workers of all are forked from.
        modules = (module for name in self.hpo.models_to_optimize for module in MODEL_TYPES[name].modules)
        return tuple(dict.fromkeys((*_OF_A_FIRST_TRIAL, *modules)))

    @property
    def pruner(self) -> PrunerConfig:
        """The pruner that is used: none where a trial reports nothing before its end."""
        asked, model_type = self.hpo.pruner, MODEL_TYPES[self.task.model_type]
        judges = model_type.has_epochs or asked.judges == "folds"
        return asked if judges and model_type.candidates_per_batch == 1 else NoneConfig()

    @property
    def shown(self) -> Shown:
        """What people see it called, and in which steps it goes on."""
        model_type = MODEL_TYPES[self.task.model_type]
        unit = "folds" if self.task.fold_order == "sequential" else "epochs" if model_type.has_epochs else None
        name = " ".join(filter(None, (self.task.model_type, self.phase)))
        return Shown(name, self.place, unit if model_type.candidates_per_batch == 1 else None)

    def _later(self, storage: BaseStorage) -> dict[str, int]:
        """Return how many trials are left of the model types that are searched after this one, if they are timed."""
        base, later = self.study_name.rpartition(".")[0], self.place.later if self.place and not self.phase else ()
        names = {name: f"{base}.{name}" for name in later}
        there = set(study_names(storage)).intersection(names.values()) if names else set()
        ended = {name: count_ended(engine_of(storage), storage.get_study_id_from_name(name)) for name in there}
        return {name: max(self.hpo.n_trials - ended.get(study, 0), 0) for name, study in names.items()}

    def _enter(self, storage: StudyStorage, held: ExitStack) -> tuple[Claims, optuna.Study, BaseStorage]:
        """Hold and open the study; what is held is let go where that fails, and kept where it does not."""
        with ExitStack() as ours:
            # Whoever starts at the same time waits here, and finds the study made and, where it is alone, held.
            with storage.creating():
                claims = ours.enter_context(claims_on(storage, self.study_name))
                study, opened = self._open(storage)
                ours.callback(engine_of(opened).dispose)  # several searches must not exhaust a server
            held.push(ours.pop_all())
        return claims, study, opened

    def _open(self, storage: StudyStorage) -> tuple[optuna.Study, BaseStorage]:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study, opened = open_study(storage, self.study_name, self.hpo.improved, self.fingerprint, self.transfer)
        self._keep_validation(*place_of(study))
        return study, opened

    def _keep_validation(self, engine: Engine, study_id: int) -> None:
        """Write down what the study keeps of its validation bars, unless it is there."""
        if self.task.split.folds and not kept_facts(engine, study_id):
            panel = mapped_panel(self.task, self.panel_path)
            rows = fold_rows(panel, self.task.split, self.task.longest_window)
            asked = (panel, rows, self.task.split, self.task.backtest)
            keep_validation(engine, study_id, panel, rows, constant_series(*asked), constant_metrics(*asked))

    def _keep_up(self, study: optuna.Study, ledger: Path | None, entered: Entered) -> None:
        if ledger is not None:
            enter(ledger, study, entered=entered)
        thin(*place_of(study), self.hpo.improved[0].direction, self.hpo.seed)


def _to_time(
    model_type: str, place: Place | None, space_of: Callable[[str], Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return configurations of a model type and of those after it, unless it is known what they take."""
    if place is None or not place.later or place.knows(model_type):
        return {}
    return {name: middle_of(space_of(name)) for name in (model_type, *place.later)}
