"""Adapters between the catalog and the final training."""

from typing import Any

import pandas as pd

from trading_hpo.errors import StaleInputError
from trading_hpo.families.family import FinalData, TrainedModel
from trading_hpo.families.registry import family_of
from trading_hpo.splits.folds import split_from_table
from trading_hpo.study.conditions import panel_digest
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel


def retrain(
    model_type: str,
    results: dict[str, Any],
    panel: Panel,
    folds: pd.DataFrame,
    window_bars: int,
    training: TrainingConfig,
    seed: int,
    stop_fraction: float,
) -> TrainedModel | dict[str, Any]:
    """Train the best configuration on everything before the holdout."""
    best = results.get("best")
    if best is None:
        return {"skipped": results.get("skipped", "no complete trial")}
    if results["panel_digest"] != panel_digest(panel):
        raise StaleInputError(
            f"{model_type} was searched on other data (study {results['study_name']}) than are prepared now "
            f"({panel.label['kind']} over {panel.horizon_bars} bars). Run `kedro run --pipeline hpo` with the same "
            "parameters."
        )
    split = split_from_table(folds)
    card = {
        "study_name": results["study_name"],
        "trial_number": best["trial_number"],
        "metric": results["metric"],
        "validation": best["value"],
        "panel_digest": results["panel_digest"],
    }
    data = FinalData(
        model_type,
        panel,
        split.search_rows(panel, window_bars),
        split.latest_rows(panel, stop_fraction, window_bars),
        training,
        seed,
    )
    return family_of(model_type).fit_final(best["params"], best["folds"], data, card)
