"""Forecasts of panel rows -> metrics of the forecast and of the trades it leads to."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.backtest.holding import held_over
from trading_hpo.backtest.returns import buy_and_hold_returns, net_returns
from trading_hpo.backtest.shares import equal_shares
from trading_hpo.market.grid import Grid, grid_of
from trading_hpo.metrics.compute import compute_metric, compute_metrics, constant_returns_are_read
from trading_hpo.metrics.metric import Returns, Targets
from trading_hpo.metrics.registry import METRICS
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
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    forecast: Forecast,
    decision: Decision,
    config: BacktestConfig,
    constant: tuple[Forecast, Decision] | None = None,
) -> Judgement:
    """Judge a forecast of rows, and trade it.

    **Looks ahead:** label only, to judge.

    Args:
        panel: Targets and returns of the rows.
        rows: As ``Panel.rows`` gives them.
        forecast: Of the rows.
        decision: Made elsewhere (on stop rows).
        config: Costs and positions.
        constant: The constant forecast of the same rows, for metrics that compare with its returns.
    """
    grid = grid_of(panel, rows)
    returns = _traded(panel, grid, forecast, decision, config)
    constant_returns = None
    if constant is not None and constant_returns_are_read():
        constant_returns = _traded(panel, grid, *constant, config)
    metrics = compute_metrics(
        _called(forecast, decision),
        targets_of(panel, rows),
        returns,
        constant_returns,
        regression_weight=config.regression_weight,
    )
    return Judgement(metrics, returns.net, grid.bars)


def forecast_metrics(
    panel: Panel, rows: Int[np.ndarray, " N"], forecast: Forecast, decision: Decision, config: BacktestConfig
) -> dict[str, float | None]:
    """Return the metrics of a forecast that is not traded.

    **Looks ahead:** label only, to judge.

    Args:
        panel: Targets of the rows.
        rows: As ``Panel.rows`` gives them.
        forecast: Of the rows.
        decision: Made elsewhere.
        config: Weight of the closeness in ``composite_accuracy``.
    """
    called, targets = _called(forecast, decision), targets_of(panel, rows)
    return compute_metrics(called, targets, None, regression_weight=config.regression_weight)


def monitored(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    forecast: Forecast,
    decision: Decision,
    config: BacktestConfig,
    name: str,
) -> float:
    """Return a metric of a forecast, the greater the better; minus infinity where it has no meaning.

    **Looks ahead:** label only, of the stop rows that it is given.

    Args:
        panel: Targets and returns of the rows.
        rows: As ``Panel.rows`` gives them.
        forecast: Of the rows.
        decision: How it becomes calls.
        config: Costs and positions.
        name: Of the metric.
    """
    metric = METRICS[name]
    if metric.kind == "trading" or metric.compute is None:
        value = judge(panel, rows, forecast, decision, config).metrics[name]
    else:
        value = compute_metric(name, _called(forecast, decision), targets_of(panel, rows))
    if value is None:
        return -np.inf
    return -value if metric.direction == "minimize" else value


def targets_of(panel: Panel, rows: Int[np.ndarray, " N"]) -> Targets:
    """Return what was observed of the rows."""
    targets = panel.targets(rows)
    return Targets(targets, task_of(panel.label).truth(targets))


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
    returns = Returns(buy_and_hold_returns(grid.returns, grid.known[0], config.cost_bps), panel.bars_per_year)
    metrics = compute_metrics(None, None, returns, regression_weight=config.regression_weight)
    return Judgement(metrics, returns.net, grid.bars)


def _called(forecast: Forecast, decision: Decision) -> Forecast:
    return replace(forecast, called=decision.calls(forecast))


def _traded(panel: Panel, grid: Grid, forecast: Forecast, decision: Decision, config: BacktestConfig) -> Returns:
    """Trade a forecast by the task's own rule, or the one that is configured."""
    rule = POSITIONS[task_of(panel.label).positions or config.positions]
    wanted = grid.lay(rule.follow(forecast, decision, grid.line, grid.column))
    positions = held_over(wanted, grid.known, panel.horizon_bars)
    net, turnover = net_returns(equal_shares(positions, grid.known), grid.returns, config.cost_bps)
    return Returns(net, panel.bars_per_year, turnover)
