"""Adapters between the catalog and the search."""

from typing import Any

import pandas as pd

from trading_hpo.backtest.positions import BacktestConfig
from trading_hpo.search.config import HpoConfig
from trading_hpo.search.results import combined_results, model_results, study_summary, trials_table
from trading_hpo.search.run import open_study, run_search
from trading_hpo.search.space import SearchSpacesConfig
from trading_hpo.search.storage import StudyStorage
from trading_hpo.splits.folds import split_from_table
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel


def search(
    model_type: str,
    panel: Panel,
    folds: pd.DataFrame,
    storage: StudyStorage,
    spaces: SearchSpacesConfig,
    training: TrainingConfig,
    backtest: BacktestConfig,
    hpo: HpoConfig,
    scenario: str,
    source: str,
) -> dict[str, Any]:
    """Search one model type to its budget and return a pointer to the study."""
    name = hpo.full_study_name(scenario, source, f"{panel.label_kind}{panel.horizon_bars}", model_type)
    if model_type not in hpo.models_to_optimize:
        return {"study_name": name, "skipped": "left out by hpo.models_to_optimize"}
    run_search(model_type, name, panel, split_from_table(folds), storage, spaces, training, backtest, hpo)
    return study_summary(open_study(storage, name), storage.masked)


def tabulate_trials(pointer: dict[str, Any], storage: StudyStorage) -> pd.DataFrame:
    """Return the trials of the study as a table; an empty one for a skipped study."""
    if "skipped" in pointer:
        return pd.DataFrame({"number": pd.Series(dtype="Int64")})
    return trials_table(open_study(storage, pointer["study_name"]))


def collect_results(model_type: str, pointer: dict[str, Any], storage: StudyStorage) -> dict[str, Any]:
    """Return the results of one model type."""
    if "skipped" in pointer:
        return {"model_type": model_type, **pointer}
    return model_results(open_study(storage, pointer["study_name"]), model_type, pointer["storage"])


def combine_results(*results: dict[str, Any]) -> dict[str, Any]:
    """Compare the model types."""
    return combined_results([result for result in results if "model_type" in result])
