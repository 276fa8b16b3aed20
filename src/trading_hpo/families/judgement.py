"""Forecasts of panel rows -> metrics of the forecast and of the trades it leads to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.backtest.holding import held_over
from trading_hpo.backtest.returns import buy_and_hold_returns, net_returns
from trading_hpo.backtest.shares import equal_shares
from trading_hpo.market.grid import Grid, grid_of
from trading_hpo.metrics.compute import compute_metric, compute_metrics
from trading_hpo.metrics.metric import Returns, Targets
from trading_hpo.metrics.registry import METRICS
from trading_hpo.tasks.positions.registry import POSITIONS
from trading_hpo.tasks.positions.rule import KnownRows, PositionRule
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import BarRange, Panel


@dataclass(frozen=True)
class JudgedRows:
    """Rows whose forecast is judged by their labels.

    Attributes:
        forecast: With its calls.
        constant: The constant forecast of the same rows, with its calls, where there is one.
        targets: What was observed.
        bar: Calendar bar of each row.
    """

    forecast: Forecast
    constant: Forecast | None
    targets: Targets
    bar: Int[np.ndarray, " N"]

    def at(self, rows: Int[np.ndarray, " M"] | Bool[np.ndarray, " N"]) -> "JudgedRows":
        """Return some of the rows: places among them, or a mask."""
        constant = None if self.constant is None else self.constant.at(rows)
        return JudgedRows(self.forecast.at(rows), constant, self.targets.at(rows), self.bar[rows])


@dataclass(frozen=True)
class Judgement:
    """What a forecast was worth on some rows.

    Attributes:
        metrics: Of the forecast and of its trades.
        no_value: Why a metric has none, by its name.
        traded: What its trades returned, out of sample.
        bars: Bar number of each return.
        constant: What active returns are taken from, where there is a constant forecast (``Constant.benchmark``).
        judged: The rows that have a label, as they were forecast; none of what is only held.
    """

    metrics: dict[str, float | None]
    no_value: dict[str, str]
    traded: Returns
    bars: Int[np.ndarray, " T"]
    constant: Returns | None = None
    judged: JudgedRows | None = None

    @property
    def returns(self) -> Float[np.ndarray, " T"]:
        """Net return per bar."""
        return self.traded.net

    @property
    def exposure(self) -> Float[np.ndarray, " T"]:
        """Sum of the shares of the capital that were held over each bar, negative when sold short."""
        assert self.traded.exposure is not None
        return self.traded.exposure


@dataclass(frozen=True)
class Constant:
    """The constant forecast of some rows, and what trading it returned: the same, whatever it is compared with.

    Attributes:
        forecast: With its calls.
        traded: Out of sample, on the same bars as a forecast of the rows.
        benchmark: What active returns are taken from: what it traded; in a range in which it holds nothing, equal
            shares of all assets, since whoever holds something there without skill earns what the market does.
        bars: Bar number of each return.
        train_targets: That suggest it.
    """

    forecast: Forecast
    traded: Returns
    benchmark: Returns
    bars: Int[np.ndarray, " T"]
    train_targets: Float[np.ndarray, "N C"]

    def beside(self, forecast: Forecast) -> Forecast:
        """Return the constant forecast with those quantiles of the train targets that another forecast says, if any."""
        if forecast.levels is None:
            return self.forecast
        always = np.quantile(self.train_targets, forecast.levels, axis=0).T  # [C, Q]
        quantiles = np.broadcast_to(always, (len(self.forecast.score), *always.shape))
        return replace(self.forecast, quantiles=quantiles, levels=forecast.levels)


def judge(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    forecast: Forecast,
    decision: Decision,
    config: BacktestConfig,
    constant: Constant | None = None,
    ranges: Sequence[BarRange] = (),
    judged: Bool[np.ndarray, " N"] | None = None,
) -> Judgement:
    """Trade a forecast of rows, and judge it by the labels of those that have one.

    **Looks ahead:** label only, to judge.

    Args:
        panel: Targets and returns of the rows.
        rows: As ``Panel.windowed_rows`` gives them.
        forecast: Of the rows.
        decision: Made elsewhere (on stop rows).
        config: Costs and positions.
        constant: The constant forecast of the same rows and ranges, for metrics that compare with its returns.
        ranges: That the rows lie in, such as a fold's validation ranges: positions begin anew in each. Without any, the
            rows lie in one.
        judged: Which of the rows are judged by their labels; all of them without it. Where an asset has no later bars
            there is no label, and its position earns all the same.
    """
    returns, bars = _traded(panel, rows, forecast, decision, config, ranges)
    always = None if constant is None else constant.benchmark
    seen = _judged_rows(panel, rows, called_by(forecast, decision), constant, judged)
    found = compute_metrics(seen.forecast, seen.targets, returns, always, regression_weight=config.regression_weight)
    return Judgement(found.values, found.no_value, returns, bars, always, seen)


def _judged_rows(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    own: Forecast,
    constant: Constant | None,
    judged: Bool[np.ndarray, " N"] | None,
) -> JudgedRows:
    always = None if constant is None else constant.beside(own)
    if judged is not None and not judged.all():
        rows, own, always = rows[judged], own.at(judged), None if always is None else always.at(judged)
    return JudgedRows(own, always, targets_of(panel, rows), panel.bar[rows])


def monitored(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    forecast: Forecast,
    decision: Decision,
    config: BacktestConfig,
    name: str,
    constant: Constant | None = None,
    ranges: Sequence[BarRange] = (),
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
        constant: As ``judge`` takes it.
        ranges: As ``judge`` takes them.
    """
    metric, targets = METRICS[name], targets_of(panel, rows)
    if metric.compute is None:  # made of others
        value = judge(panel, rows, forecast, decision, config, constant, ranges).metrics[name]
    elif metric.kind == "trading":
        returns, _ = _traded(panel, rows, forecast, decision, config, ranges)
        always = None if constant is None else constant.benchmark
        value = compute_metric(name, called_by(forecast, decision), targets, returns, always)
    else:
        value = compute_metric(name, called_by(forecast, decision), targets)
    if value is None:
        return -np.inf
    return -value if metric.direction == "minimize" else value


def targets_of(panel: Panel, rows: Int[np.ndarray, " N"]) -> Targets:
    """Return what was observed of the rows."""
    targets, task = panel.target[rows], task_of(panel.label)
    return Targets(targets, task.truth(targets), task.returns)


def constant_forecast(
    panel: Panel, rows: Int[np.ndarray, " N"], train: Int[np.ndarray, " N"]
) -> tuple[Forecast, Decision]:
    """Return the forecast that always says the same, as the targets of the train rows suggest.

    **Looks ahead:** label only, of ``train``.
    """
    return task_of(panel.label).baseline(panel.target[train], len(rows))


def traded_constant(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    train: Int[np.ndarray, " N"],
    config: BacktestConfig,
    ranges: Sequence[BarRange] = (),
) -> Constant:
    """Trade the constant forecast of rows, for whatever forecasts of the same rows are judged beside it.

    **Looks ahead:** label only, of ``train``, and the returns of the rows, to judge.

    Args:
        panel: Targets and returns.
        rows: As ``judge`` takes them.
        train: Rows whose targets suggest the forecast.
        config: Costs and positions.
        ranges: As ``judge`` takes them.
    """
    forecast, decision = constant_forecast(panel, rows, train)
    traded, bars = _traded(panel, rows, forecast, decision, config, ranges)
    benchmark = _holding_where_flat(panel, rows, traded, config, ranges)
    return Constant(called_by(forecast, decision), traded, benchmark, bars, panel.target[train])


def judge_constant(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    train: Int[np.ndarray, " N"],
    config: BacktestConfig,
    ranges: Sequence[BarRange] = (),
    judged: Bool[np.ndarray, " N"] | None = None,
) -> Judgement:
    """Judge the constant forecast as any other; arguments as of ``traded_constant`` and ``judge``.

    **Looks ahead:** label only, of ``train``, and of the rows, to judge.
    """
    constant = traded_constant(panel, rows, train, config, ranges)
    return judge(panel, rows, *constant_forecast(panel, rows, train), config, constant, ranges, judged)


def _holding_where_flat(
    panel: Panel, rows: Int[np.ndarray, " N"], traded: Returns, config: BacktestConfig, ranges: Sequence[BarRange]
) -> Returns:
    """Return what was traded, with equal shares of all assets in each range in which nothing was held."""
    assert traded.exposure is not None
    assert traded.turnover is not None
    span = np.zeros(len(traded.net), int) if traded.span is None else traded.span
    flat = np.bincount(span, traded.exposure != 0) == 0
    if not flat.any():
        return traded
    net, turnover, exposure = traded.net.copy(), traded.turnover.copy(), traded.exposure.copy()
    bar, spans = panel.bar[rows], _spans(panel, rows, ranges)
    for number in np.flatnonzero(flat):
        bars = spans[number]
        own = rows[(bar >= bars[0]) & (bar <= bars[-1])]
        grid = grid_of(panel, own, bars)
        positions = held_over(grid.lay(np.ones(len(own))), grid.given, grid.own, 1)
        there = span == number
        net[there], turnover[there], exposure[there] = _net(equal_shares(positions, grid.alive), grid, config)
    return replace(traded, net=net, turnover=turnover, exposure=exposure)


def _net(
    weights: Float[np.ndarray, "T A"], grid: Grid, config: BacktestConfig
) -> tuple[Float[np.ndarray, " T"], Float[np.ndarray, " T"], Float[np.ndarray, " T"]]:
    return net_returns(weights, grid.returns, config.cost_bps, grid.own | ~grid.alive)


def buy_and_hold(
    panel: Panel, rows: Int[np.ndarray, " N"], config: BacktestConfig, ranges: Sequence[BarRange] = ()
) -> Judgement:
    """Judge holding the assets that are alive on the first bar in equal shares to the last bar, from range to range."""
    grid = grid_of(panel, rows, np.concatenate(_spans(panel, rows, ranges)))
    held = buy_and_hold_returns(grid.returns, grid.alive[0], config.cost_bps)
    returns = Returns(held, panel.bars_per_year, exposure=np.ones(len(grid.bars)))
    found = compute_metrics(None, None, returns, regression_weight=config.regression_weight)
    return Judgement(found.values, found.no_value, returns, grid.bars)


def called_by(forecast: Forecast, decision: Decision) -> Forecast:
    """Return the forecast with the calls of a decision."""
    return replace(forecast, called=decision.calls(forecast))


def _spans(panel: Panel, rows: Int[np.ndarray, " N"], ranges: Sequence[BarRange]) -> list[Int[np.ndarray, " T"]]:
    """Return the bars of the calendar from the first to the last row of each range, with or without a row."""
    bar = panel.bar[rows]
    inside = [bar[(bar >= part.start) & (bar < part.stop)] for part in ranges or [panel.all_bars]]
    return [np.arange(own.min(), own.max() + 1) for own in inside if len(own)]


def _traded(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    forecast: Forecast,
    decision: Decision,
    config: BacktestConfig,
    ranges: Sequence[BarRange],
) -> tuple[Returns, Int[np.ndarray, " T"]]:
    """Trade a forecast and return what it earned, with the bar of each return; positions begin anew in each range."""
    bar, spans = panel.bar[rows], _spans(panel, rows, ranges)
    parts = []
    for bars in spans:
        own = (bar >= bars[0]) & (bar <= bars[-1])
        weights, grid = weights_of(panel, rows[own], forecast.at(own), decision, config, bars)
        parts.append(_net(weights, grid, config))
    net, turnover, exposure = (np.concatenate(part) for part in zip(*parts, strict=True))
    span = np.repeat(np.arange(len(spans)), [len(bars) for bars in spans]) if len(spans) > 1 else None
    return Returns(net, panel.bars_per_year, turnover, exposure, span), np.concatenate(spans)


def weights_of(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    forecast: Forecast,
    decision: Decision,
    config: BacktestConfig,
    bars: Int[np.ndarray, " T"],
) -> tuple[Float[np.ndarray, "T A"], Grid]:
    """Return the share of the capital in each asset, by the positions that the loss has learned, else by a rule.

    **Looks ahead:** never; a bar's weights are those of the forecasts until its close.

    Args:
        panel: The data.
        rows: That are forecast.
        forecast: Of the rows.
        decision: How it becomes calls.
        config: The position rule.
        bars: Of the calendar, those of the rows and all between them.

    Returns:
        The weights, and the grid that they lie on.
    """
    grid = grid_of(panel, rows, bars)
    targets, held_bars = forecast.position, task_of(panel.label).judged_steps or panel.horizon_bars
    if targets is None:
        rule = rule_for(panel, config)
        targets = rule.follow(forecast, decision, KnownRows.of(panel, rows, rule.reads))
        held_bars = 1 if rule.holds else held_bars
    positions = held_over(grid.lay(targets), grid.given, grid.own, held_bars)
    return equal_shares(positions, grid.alive), grid


def rule_for(panel: Panel, config: BacktestConfig) -> PositionRule:
    """Return the configured rule, or that of the panel's task where it brings another one."""
    own = task_of(panel.label).positions
    return config.positions if own in (None, config.positions.name) else POSITIONS[own](name=own)
