"""Adapters between the catalog and the judgement of the holdout."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from trading_hpo.analysis.calibration import calibration
from trading_hpo.analysis.holdout import HoldoutLook, baseline_returns, baselines, judge_holdout
from trading_hpo.analysis.holdout_tables import confusion_table, yearly_table
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import TrainedModel
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.figures.holdout import calibration_figure, equity_figure
from trading_hpo.reporting.figures.style import note
from trading_hpo.reporting.table import report_of
from trading_hpo.splits.folds import split_from_table
from trading_hpo.study.conditions import panel_digest
from trading_hpo.study.config import HpoConfig, common_window
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel

_NO_FORECASTS = pd.DataFrame({"timestamp": pd.Series(dtype="datetime64[ns, UTC]")})


def look_at_holdout(
    network: TrainedModel | dict[str, Any],
    panel: Panel,
    folds: pd.DataFrame,
    spaces: SearchSpacesConfig,
    training: TrainingConfig,
    backtest: BacktestConfig,
    hpo: HpoConfig,
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Judge a final network on the sealed holdout; the result comes first, since saving it enters the look."""
    if isinstance(network, dict):
        return network, _NO_FORECASTS, _NO_FORECASTS
    if network.card["panel_digest"] != panel_digest(panel):
        stale = {"skipped": "its network was trained on other data than are prepared now"}
        return stale, _NO_FORECASTS, _NO_FORECASTS
    window = common_window(panel.task, spaces, training, hpo)
    look: HoldoutLook = judge_holdout(network, panel, split_from_table(folds), window, backtest)
    return look.result, look.forecasts, look.returns


def judge_baselines(
    panel: Panel,
    folds: pd.DataFrame,
    spaces: SearchSpacesConfig,
    training: TrainingConfig,
    backtest: BacktestConfig,
    hpo: HpoConfig,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Judge what every model must beat, on the same rows."""
    window, split = common_window(panel.task, spaces, training, hpo), split_from_table(folds)
    return baselines(panel, split, window, backtest), baseline_returns(panel, split, window, backtest)


def make_report(base: dict[str, Any], *results_then_holdouts: dict[str, Any]) -> dict[str, Any]:
    """Put the report together; half of the inputs are results, the other half holdouts, in one order."""
    half = len(results_then_holdouts) // 2
    return report_of(results_then_holdouts[:half], results_then_holdouts[half:], base)


def draw_calibration(model_type: str, forecasts: pd.DataFrame, result: dict[str, Any]) -> go.Figure:
    """Draw a model type's forecasts against what was observed."""
    if "skipped" in result:
        return note(f"Calibration of {model_type} on the holdout", result["skipped"])
    return calibration_figure(model_type, calibration(forecasts, result["task"]), result["task"])


def draw_holdout(held: pd.DataFrame, *returns: pd.DataFrame) -> go.Figure:
    """Draw wealth and drawdown of every model type that has looked, beside the baselines."""
    return equity_figure(_by_model_type(returns), held)


def tabulate_holdout(
    panel: Panel, held: pd.DataFrame, *returns_then_forecasts: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return right and wrong calls, and every year of the holdout."""
    half = len(returns_then_forecasts) // 2
    returns = _by_model_type(returns_then_forecasts[:half])
    forecasts = _by_model_type(returns_then_forecasts[half:])
    return confusion_table(forecasts), yearly_table(returns, forecasts, held, panel.bars_per_year)


def _by_model_type(tables: Sequence[pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables by model type, in the order of the model types; without those that have not looked."""
    return {name: table for name, table in zip(MODEL_TYPES, tables, strict=True) if len(table)}
