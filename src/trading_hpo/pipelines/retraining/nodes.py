"""Adapters between the catalog and the final training."""

from typing import Any

import pandas as pd

from trading_hpo.search.config import HpoConfig
from trading_hpo.search.run import common_window
from trading_hpo.search.space import SearchSpacesConfig
from trading_hpo.splits.folds import split_from_table
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.final import TrainedNetwork, train_final
from trading_hpo.types import Panel


def retrain(
    model_type: str,
    results: dict[str, Any],
    panel: Panel,
    folds: pd.DataFrame,
    spaces: SearchSpacesConfig,
    training: TrainingConfig,
    hpo: HpoConfig,
) -> TrainedNetwork | dict[str, Any]:
    """Train the best configuration on everything before the holdout."""
    best = results.get("best")
    if best is None:
        return {"skipped": results.get("skipped", "no complete trial")}
    rows = panel.rows((split_from_table(folds).search,), common_window(panel.task, spaces, training, hpo))
    card = {
        "study_name": results["study_name"],
        "trial_number": best["trial_number"],
        "metric": results["metric"],
        "validation": best["value"],
    }
    return train_final(model_type, best["params"], best["folds"], panel, rows, training, hpo.seed, card)
