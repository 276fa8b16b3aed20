"""Adapters between the catalog and the judgement of the holdout."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from trading_hpo.analysis.calibration import calibration
from trading_hpo.analysis.holdout import HoldoutLook, baseline_returns, baselines, judge_holdout
from trading_hpo.analysis.holdout_tables import confusion_table, yearly_table
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import StaleInputError
from trading_hpo.families.family import TrainedModel
from trading_hpo.reporting.figures.holdout import calibration_figure, equity_figure
from trading_hpo.reporting.figures.style import note
from trading_hpo.reporting.table import report_of
from trading_hpo.splits.folds import split_from_table
from trading_hpo.study.conditions import panel_digest
from trading_hpo.types import Panel

_NO_FORECASTS = pd.DataFrame({"timestamp": pd.Series(dtype="datetime64[ns, UTC]")})


def look_at_holdout(
    network: TrainedModel | dict[str, Any],
    panel: Panel,
    folds: pd.DataFrame,
    window_bars: int,
    backtest: BacktestConfig,
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Judge a final network on the sealed holdout; the result comes first, since saving it enters the look."""
    if isinstance(network, dict):
        return network, _NO_FORECASTS, _NO_FORECASTS
    if network.card["panel_digest"] != panel_digest(panel):
        stale = {"skipped": "its network was trained on other data than are prepared now"}
        return stale, _NO_FORECASTS, _NO_FORECASTS
    split = split_from_table(folds)
    _check_unseen(network, panel.timestamps[split.holdout.start].isoformat())
    look: HoldoutLook = judge_holdout(network, panel, split, window_bars, backtest)
    return look.result, look.forecasts, look.returns


def _check_unseen(network: TrainedModel, begins: str) -> None:
    """Refuse to judge a model on bars that it was trained on, or chosen by.

    Raises:
        StaleInputError: The holdout begins before the last label that the model knows has ended.
    """
    card = network.card
    until = max(card["trained_until"], card["searched_until"])
    if until >= begins:
        raise StaleInputError(
            f"{card['model_type']} knows labels up to {until} (study {card['study_name']}), and the holdout begins on "
            f"{begins} now: it would be judged on what it was trained on or chosen by. Put the holdout back, or run "
            "`kedro run` with these parameters, which searches and trains anew."
        )


def judge_baselines(
    panel: Panel, folds: pd.DataFrame, window_bars: int, backtest: BacktestConfig
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Judge what every model must beat, on the same rows."""
    split = split_from_table(folds)
    return baselines(panel, split, window_bars, backtest), baseline_returns(panel, split, window_bars, backtest)


def make_report(
    base: dict[str, Any], results: dict[str, dict[str, Any]], holdouts: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Put the report together."""
    return report_of(list(results.values()), [holdouts[model_type] for model_type in results], base)


def draw_calibration(model_type: str, forecasts: pd.DataFrame, result: dict[str, Any]) -> go.Figure:
    """Draw a model type's forecasts against what was observed."""
    if "skipped" in result:
        return note(f"Calibration of {model_type} on the holdout", result["skipped"])
    target_kind = result["target_kind"]
    return calibration_figure(model_type, calibration(forecasts, target_kind), target_kind)


def draw_holdout(held: pd.DataFrame, returns: dict[str, pd.DataFrame]) -> go.Figure:
    """Draw wealth and drawdown of every model type that has looked, beside the baselines."""
    return equity_figure(_looked(returns), held)


def tabulate_holdout(
    panel: Panel, held: pd.DataFrame, returns: dict[str, pd.DataFrame], forecasts: dict[str, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return right and wrong calls, and every year of the holdout."""
    called = _looked(forecasts)
    return confusion_table(called), yearly_table(_looked(returns), called, held, panel.bars_per_year)


def _looked(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables of the model types that have looked; the others' are empty."""
    return {name: table for name, table in tables.items() if len(table)}
