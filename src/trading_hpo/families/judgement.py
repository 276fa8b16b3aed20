"""Forecasts of panel rows -> metrics of the forecast and of the trades it leads to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.backtest.holding import held_over
from trading_hpo.backtest.returns import buy_and_hold_returns, net_returns
from trading_hpo.backtest.shares import equal_shares
from trading_hpo.market.grid import Grid, grid_of
from trading_hpo.metrics.classification import classification_metrics
from trading_hpo.metrics.regression import composite_accuracy, regression_metrics
from trading_hpo.metrics.trading import trading_metrics
from trading_hpo.tasks.positions.registry import POSITIONS
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import Panel


@dataclass(frozen=True)
class Judgement:
    """What a forecast was worth on some rows.

    Attributes:
        metrics: Of the forecast and of its trades.
        returns: Net return per bar, out of sample.
        bars: Bar number of each return.
    """

    metrics: dict[str, float | None]
    returns: Float[np.ndarray, " T"]
    bars: Int[np.ndarray, " T"]


def judge(
    panel: Panel, rows: Int[np.ndarray, " N"], forecast: Forecast, decision: Decision, config: BacktestConfig
) -> Judgement:
    """Judge a forecast of rows, and trade it.

    **Looks ahead:** label only, to judge.

    Args:
        panel: Targets and returns of the rows.
        rows: As ``Panel.rows`` gives them.
        forecast: Of the rows.
        decision: Made elsewhere (on stop rows).
        config: Costs and positions.
    """
    metrics = forecast_metrics(panel, rows, forecast, decision, config)
    grid = grid_of(panel, rows)
    positions = held_over(_targets(panel, grid, forecast, decision, config), grid.known, panel.horizon_bars)
    returns, turnover = net_returns(equal_shares(positions, grid.known), grid.returns, config.cost_bps)
    metrics.update(trading_metrics(returns, turnover, panel.bars_per_year))
    return Judgement(metrics, returns, grid.bars)


def _targets(
    panel: Panel, grid: Grid, forecast: Forecast, decision: Decision, config: BacktestConfig
) -> Float[np.ndarray, "T A"]:
    """The target positions of a forecast, by the task's own rule or the one that is configured."""
    rule = POSITIONS[task_of(panel.label).positions or config.positions]
    return grid.lay(rule.follow(forecast, decision, grid.line, grid.column))


def forecast_metrics(
    panel: Panel, rows: Int[np.ndarray, " N"], forecast: Forecast, decision: Decision, config: BacktestConfig
) -> dict[str, float | None]:
    """Return the metrics of the calls, how near the forecast came to the target, and both in one number.

    **Looks ahead:** label only, to judge.

    Args:
        panel: Targets of the rows.
        rows: As ``Panel.rows`` gives them.
        forecast: Of the rows.
        decision: Made elsewhere.
        config: Weight of the closeness.
    """
    targets = panel.targets(rows)
    judged = classification_metrics(task_of(panel.label).truth(targets), decision.calls(forecast), forecast.score)
    near = regression_metrics(targets[:, 0], forecast.expected)
    composite = composite_accuracy(judged["accuracy"], near["r2"], config.regression_weight)
    return {**judged, **near, "composite_accuracy": composite}


def constant_forecast(
    panel: Panel, rows: Int[np.ndarray, " N"], train: Int[np.ndarray, " N"]
) -> tuple[Forecast, Decision]:
    """Return the forecast that always says the same, as the targets of the train rows suggest.

    **Looks ahead:** label only, of ``train``.
    """
    return task_of(panel.label).baseline(panel.targets(train), len(rows))


def buy_and_hold(panel: Panel, rows: Int[np.ndarray, " N"], config: BacktestConfig) -> Judgement:
    """Judge holding the assets of the first bar in equal shares to the last bar."""
    grid = grid_of(panel, rows)
    returns = buy_and_hold_returns(grid.returns, grid.known[0], config.cost_bps)
    return Judgement(trading_metrics(returns, None, panel.bars_per_year), returns, grid.bars)
