"""One study's search, from its parameters to its end."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna

from trading_hpo.backtest.positions import BacktestConfig
from trading_hpo.search.config import HpoConfig, common_window, search_space
from trading_hpo.search.fingerprint import search_fingerprint
from trading_hpo.search.ledger import Ledger
from trading_hpo.search.memory import Memory
from trading_hpo.search.space import SearchSpacesConfig
from trading_hpo.search.store.claims import claims_on
from trading_hpo.search.store.storage import StudyStorage
from trading_hpo.search.store.writer import PATIENCE_S, Writer
from trading_hpo.search.supervisor import Supervisor
from trading_hpo.search.trial import TrialTask
from trading_hpo.splits.folds import Split, check_classes
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel

if TYPE_CHECKING:
    from trading_hpo.search.workers.worker import MakeRunner


SCALARS = "08_reporting/tensorboard"  # in the folder of the scenario and the source, where the panel is too


@dataclass(frozen=True)
class Search:
    """One model type's search, ready to run.

    Attributes:
        study_name: In the storage.
        space: Of the model type.
        task: What every trial shares.
        fingerprint: What a study must have been made under to be gone on with.
        hpo: Budget, sampler, pruner.
        panel_path: The file that workers map.
        all_epochs: Of a trial, where a phase does not say otherwise.
        memory: Asked for what earlier studies know, should the study be made.
        make: Makes what trains trials in a worker; none for the real thing.
        patience_s: For how long the storage may be away while the search goes on.
    """

    study_name: str
    space: Mapping[str, Any]
    task: TrialTask
    fingerprint: Mapping[str, Any]
    hpo: HpoConfig
    panel_path: Path
    all_epochs: int = 1
    memory: Callable[[], Memory] | None = None
    make: "MakeRunner | None" = None
    patience_s: float = PATIENCE_S

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

        Raises:
            DataError: A role of a fold has no samples or one class only.
        """
        if panel.path is None:
            raise ValueError("panel must be mapped from a file, for the workers to map it too")
        all_epochs = training.epochs
        training = training.model_copy(update={"epochs": hpo.epochs or all_epochs})
        space = search_space(model_type, panel.task, spaces, training, hpo)
        window = common_window(panel.task, spaces, training, hpo)
        check_classes(panel, split, window)
        fingerprint = search_fingerprint(panel, split, space, window, hpo, training, backtest)
        task = TrialTask(
            model_type,
            split,
            training,
            backtest,
            tuple(objective.metric for objective in hpo.objectives),
            hpo.judged_by,
            window,
            hpo.seed,
            fingerprint["data"]["digest"],
            hpo.fold_order,
            hpo.limits,
            panel.path.parents[1] / SCALARS / study_name if hpo.tensorboard else None,
        )
        return Search(study_name, space, task, fingerprint, hpo, panel.path, all_epochs)

    def open(self, storage: StudyStorage) -> optuna.Study:
        """Make the study, or check that it was made under the same conditions, and train nothing.

        Raises:
            StorageError: The storage cannot be used, or another process searches the study.
            StudyMismatchError: The study was made under other conditions.
        """
        with storage.creating(), claims_on(storage, self.study_name) as claims:
            return self._ledger(storage, claims.shared).study

    def run(self, storage: StudyStorage) -> bool:
        """Search until the budget is spent; go on where an earlier run ended, do nothing where it is spent.

        Returns:
            Whether it is spent; if not, the time was over.

        Raises:
            StorageError: The storage cannot be used, or another process searches the study where it cannot be shared.
            StudyMismatchError: The study was made under other conditions.
        """
        with ExitStack() as held, storage.errors_in_words():
            # Whoever starts at the same time waits here, and finds the study made and, where it is alone, held.
            with storage.creating():
                claims = held.enter_context(claims_on(storage, self.study_name))
                ledger = self._ledger(storage, claims.shared)
            return Supervisor(ledger, self.space, self.hpo, self.task, self.panel_path, claims, self.make).run()

    def _ledger(self, storage: StudyStorage, shared: bool) -> Ledger:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        about, writer = (self.hpo.objectives, self.fingerprint), Writer(self.patience_s)
        return Ledger.open(storage, self.study_name, *about, shared, self.memory, writer)
