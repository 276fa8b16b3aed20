"""Adapters between the catalog and the judgement of the holdout."""

from typing import Any

import pandas as pd

from trading_hpo.analysis.holdout import baselines, judge_holdout
from trading_hpo.backtest.positions import BacktestConfig
from trading_hpo.reporting.table import report_of
from trading_hpo.search.config import HpoConfig, common_window
from trading_hpo.search.fingerprint import panel_digest
from trading_hpo.search.space import SearchSpacesConfig
from trading_hpo.splits.folds import split_from_table
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.final import TrainedNetwork
from trading_hpo.types import Panel


def look_at_holdout(
    network: TrainedNetwork | dict[str, Any],
    panel: Panel,
    folds: pd.DataFrame,
    spaces: SearchSpacesConfig,
    training: TrainingConfig,
    backtest: BacktestConfig,
    hpo: HpoConfig,
) -> dict[str, Any]:
    """Judge a final network on the sealed holdout."""
    if not isinstance(network, TrainedNetwork):
        return network
    if network.card["panel_digest"] != panel_digest(panel):
        return {"skipped": "its network was trained on other data than are prepared now"}
    window = common_window(panel.task, spaces, training, hpo)
    return judge_holdout(network, panel, split_from_table(folds), window, backtest)


def judge_baselines(
    panel: Panel,
    folds: pd.DataFrame,
    spaces: SearchSpacesConfig,
    training: TrainingConfig,
    backtest: BacktestConfig,
    hpo: HpoConfig,
) -> dict[str, Any]:
    """Judge what every model must beat, on the same rows."""
    window = common_window(panel.task, spaces, training, hpo)
    return baselines(panel, split_from_table(folds), window, backtest)


def make_report(base: dict[str, Any], *results_then_holdouts: dict[str, Any]) -> dict[str, Any]:
    """Put the report together; half of the inputs are results, the other half holdouts, in one order."""
    half = len(results_then_holdouts) // 2
    return report_of(results_then_holdouts[:half], results_then_holdouts[half:], base)
