"""The search of one model type, from its parameters to its finished study."""

import optuna

from trading_hpo.backtest.positions import BacktestConfig
from trading_hpo.errors import StorageError
from trading_hpo.search.config import HpoConfig, common_window, search_space
from trading_hpo.search.fingerprint import search_fingerprint
from trading_hpo.search.ledger import Ledger
from trading_hpo.search.space import SearchSpacesConfig
from trading_hpo.search.storage import StudyStorage
from trading_hpo.search.supervisor import Supervisor
from trading_hpo.search.trial import TrialTask
from trading_hpo.splits.folds import Split, check_classes
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel


def run_search(
    model_type: str,
    study_name: str,
    panel: Panel,
    split: Split,
    storage: StudyStorage,
    spaces: SearchSpacesConfig,
    training: TrainingConfig,
    backtest: BacktestConfig,
    hpo: HpoConfig,
) -> None:
    """Search until the budget is spent; go on where an earlier run ended, do nothing where it is spent.

    **Looks ahead:** label only, of the folds' rows; the holdout is in none of them.

    Args:
        model_type: Whose study.
        study_name: Its name in the storage.
        panel: Mapped from a file, which the workers map too.
        split: The folds.
        storage: Where the study lives.
        spaces: Search spaces of all model types.
        training: What all trials share.
        backtest: How validation is traded.
        hpo: Budget, sampler, pruner, overrides.

    Raises:
        DataError: A role of a fold has no samples or one class only.
        StorageError: The storage cannot be used, or another process searches the study.
        StudyMismatchError: The study was made under other conditions.
    """
    if panel.path is None:
        raise ValueError("panel must be mapped from a file, for the workers to map it too")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    training = training.model_copy(update={"epochs": hpo.epochs or training.epochs})
    space = search_space(model_type, panel.task, spaces, training, hpo)
    window = common_window(panel.task, spaces, training, hpo)
    check_classes(panel, split, window)
    fingerprint = search_fingerprint(panel, split, space, window, hpo, training, backtest)
    objective = hpo.objective
    with storage.exclusive(study_name), storage.errors_in_words():
        ledger = Ledger.open(storage, study_name, objective.direction, objective.metric, fingerprint)
        digest = fingerprint["data"]["digest"]
        task = TrialTask(model_type, split, training, backtest, objective.metric, window, hpo.seed, digest)
        Supervisor(ledger, space, hpo, task, panel.path).run()


def open_study(storage: StudyStorage, study_name: str) -> optuna.Study:
    """Open a finished or running study.

    Raises:
        StorageError: There is no such study.
    """
    try:
        return optuna.load_study(study_name=study_name, storage=storage.open())
    except KeyError as error:
        raise StorageError(
            f"Study {study_name} is not in {storage.masked}. Run `kedro run --pipeline hpo` first."
        ) from error
