"""Adapters between the catalog and the final training."""

from typing import Any

import pandas as pd

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.configuration import flatten
from trading_hpo.errors import StaleInputError
from trading_hpo.families.family import FinalData, TrainedModel
from trading_hpo.families.registry import family_of
from trading_hpo.splits.folds import Split, split_from_table
from trading_hpo.study.conditions import differences, panel_digest
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel


def retrain(
    model_type: str,
    results: dict[str, Any],
    panel: Panel,
    folds: pd.DataFrame,
    window_bars: int,
    training: TrainingConfig,
    backtest: BacktestConfig,
    seed: int,
    stop_fraction: float,
) -> TrainedModel | dict[str, Any]:
    """Train the best configuration on everything before the holdout."""
    best = results.get("best")
    if best is None:
        return {"skipped": results.get("skipped", "no complete trial")}
    split = split_from_table(folds)
    settings = {"training": training.compared(), "window": window_bars, "seed": seed}
    _check_same(model_type, results, panel, split, settings)
    card = {
        "study_name": results["study_name"],
        "trial_number": best["trial_number"],
        "metric": results["metric"],
        "validation": best["value"],
        "panel_digest": results["panel_digest"],
        "searched_until": results["searched_until"],
    }
    fold = split.final_fold(stop_fraction)
    train, stop = (split.rows(panel, fold, role, window_bars) for role in ("train", "stop"))
    data = FinalData(model_type, panel, train, stop, training, backtest, seed)
    return family_of(model_type).fit_final(best["params"], data, card)


def _check_same(model_type: str, results: dict[str, Any], panel: Panel, split: Split, settings: dict[str, Any]) -> None:
    """Refuse to train a configuration on other terms than it was found on.

    Raises:
        StaleInputError: The data, the training or the holdout are others.
    """
    name, again = results["study_name"], "Run `kedro run --pipeline hpo` with the same parameters."
    if results["panel_digest"] != panel_digest(panel):
        raise StaleInputError(
            f"{model_type} was searched on other data (study {name}) than are prepared now ({panel.label['kind']} over "
            f"{panel.horizon_bars} bars). {again}"
        )
    begins = panel.timestamps[split.holdout.start].isoformat()
    if results["searched_until"] >= begins:
        raise StaleInputError(
            f"{model_type} was searched on labels up to {results['searched_until']} (study {name}), and the holdout "
            f"begins on {begins} now: its configuration was chosen on bars of the holdout. {again}"
        )
    # The epochs are those of the folds' best ones, and a phase may have its own.
    searched = {"training": results["training"], "window": results["longest_window"], "seed": results["seed"]}
    now, before = ({**flatten(each), "training.epochs": None} for each in (settings, searched))
    if lines := differences(before, now):
        raise StaleInputError(
            f"{model_type} was searched with other settings (study {name}; stored -> now):\n"
            + "\n".join(lines)
            + f"\n{again}"
        )
