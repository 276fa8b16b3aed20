"""Scores of panel rows -> metrics of the forecast and of the trades it leads to."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import expit

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.backtest.positions import signal_weights
from trading_hpo.backtest.returns import buy_and_hold_returns, net_returns
from trading_hpo.metrics.compute import compute_metric, compute_metrics, constant_returns_are_read
from trading_hpo.metrics.metric import Returns, Targets
from trading_hpo.metrics.registry import METRICS
from trading_hpo.tasks.task import Forecast
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


def truth_of(panel: Panel, rows: Int[np.ndarray, " N"]) -> Bool[np.ndarray, " N"]:
    """Return whether the class of each row was positive; for regression, whether the number was."""
    cut = 0.5 if panel.task == "classification" else 0.0
    truth: Bool[np.ndarray, " N"] = panel.target.ravel()[rows] > cut
    return truth


def judge(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    score: Float[np.ndarray, " N"],
    threshold: float,
    config: BacktestConfig,
    unit: float = 1.0,
    majority: bool | None = None,
) -> Judgement:
    """Judge scores of rows: calls are the scores above the threshold.

    **Looks ahead:** label only, to judge.

    Args:
        panel: Targets and returns of the rows.
        rows: Flat row numbers, as ``Panel.rows`` gives them.
        score: The higher, the more positive.
        threshold: Chosen elsewhere (on stop rows).
        config: Costs and positions.
        unit: Of the scores of a number, in the target's; scores of a class are logits.
        majority: What the constant forecast calls, for metrics that compare with its returns.
    """
    called = score > threshold
    bars, up, known, moves = _grid(panel, rows, called)
    returns = _traded(panel, up, known, moves, config)
    constant = None
    if majority is not None and constant_returns_are_read():
        constant = _traded(panel, known & majority, known, moves, config)
    forecast = _forecast(panel, score, called, forecast_of(panel.task, score, unit))
    metrics = compute_metrics(
        forecast, targets_of(panel, rows), returns, constant, regression_weight=config.regression_weight
    )
    return Judgement(metrics, returns.net, bars)


def monitored(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    score: Float[np.ndarray, " N"],
    threshold: float,
    config: BacktestConfig,
    unit: float,
    name: str,
) -> float:
    """Return a metric of scores of rows, the greater the better; minus infinity where it has no meaning.

    **Looks ahead:** label only, of the stop rows that it is given.

    Args:
        panel: Targets and returns of the rows.
        rows: Flat row numbers.
        score: The higher, the more positive.
        threshold: Scores above it are calls.
        config: Costs and positions.
        unit: Of the scores of a number, in the target's.
        name: Of the metric.
    """
    metric = METRICS[name]
    if metric.kind == "trading" or metric.compute is None:
        value = judge(panel, rows, score, threshold, config, unit).metrics[name]
    else:
        forecast = _forecast(panel, score, score > threshold, forecast_of(panel.task, score, unit))
        value = compute_metric(name, forecast, targets_of(panel, rows))
    if value is None:
        return -np.inf
    return -value if metric.direction == "minimize" else value


def targets_of(panel: Panel, rows: Int[np.ndarray, " N"]) -> Targets:
    """Return what came true of the rows."""
    return Targets(panel.target.ravel()[rows][:, None], truth_of(panel, rows))


def _forecast(
    panel: Panel, score: Float[np.ndarray, " N"], called: Bool[np.ndarray, " N"], number: Float[np.ndarray, " N"]
) -> Forecast:
    if panel.task == "classification":
        return Forecast(score, called=called, probability=number)
    return Forecast(score, called=called, values=number[:, None])


def _traded(
    panel: Panel,
    up: Bool[np.ndarray, "T A"],
    known: Bool[np.ndarray, "T A"],
    moves: Float[np.ndarray, "T A"],
    config: BacktestConfig,
) -> Returns:
    weights = signal_weights(up, known, config, panel.horizon_bars, panel.label_kind)
    net, turnover = net_returns(weights, moves, config.cost_bps)
    return Returns(net, panel.bars_per_year, turnover)


def forecast_of(task: str, score: Float[np.ndarray, " N"], unit: float) -> Float[np.ndarray, " N"]:
    """Return scores in the target's units: the probability of the positive class, or the number itself."""
    forecast: Float[np.ndarray, " N"] = expit(score) if task == "classification" else score * unit
    return forecast


def constant_forecast(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    train: Int[np.ndarray, " N"],
    config: BacktestConfig,
) -> dict[str, float | None]:
    """Return the metrics of always foretelling the same: the train rows' majority class, and the mean of their targets.

    **Looks ahead:** label only, of ``rows`` to judge; what is foretold comes from ``train``.
    """
    called = np.full(len(rows), majority_of(panel, train))
    mean = np.full(len(rows), float(panel.target.ravel()[train].mean()))
    forecast = _forecast(panel, called.astype(float), called, mean)
    return compute_metrics(forecast, targets_of(panel, rows), None, regression_weight=config.regression_weight)


def majority_of(panel: Panel, train: Int[np.ndarray, " N"]) -> bool:
    """Return whether the positive class is the more frequent one."""
    return bool(truth_of(panel, train).mean() > 0.5)


def buy_and_hold(panel: Panel, rows: Int[np.ndarray, " N"], config: BacktestConfig) -> Judgement:
    """Judge holding the assets of the first bar in equal shares to the last bar."""
    bars, _, known, moves = _grid(panel, rows, np.ones(len(rows), dtype=bool))
    returns = buy_and_hold_returns(moves, known[0], config.cost_bps)
    traded = Returns(returns, panel.bars_per_year)
    metrics = compute_metrics(None, None, traded, regression_weight=config.regression_weight)
    return Judgement(metrics, returns, bars)


def _grid(
    panel: Panel, rows: Int[np.ndarray, " N"], called: Bool[np.ndarray, " N"]
) -> tuple[Int[np.ndarray, " T"], Bool[np.ndarray, "T A"], Bool[np.ndarray, "T A"], Float[np.ndarray, "T A"]]:
    """Lay rows out as bars by assets: bar numbers, calls, where there is a call, and the next bar's return."""
    asset, bar = np.divmod(rows, panel.n_bars)
    bars, line = np.unique(bar, return_inverse=True)
    assets, column = np.unique(asset, return_inverse=True)
    shape = (len(bars), len(assets))
    up, known = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    up[line, column] = called
    known[line, column] = True
    # What is held moves on bars without a call, too: buy-and-hold misses nothing.
    moves = panel.forward_return[..., 0][np.ix_(assets, bars)].T.astype(np.float64)
    return bars, up, known, moves
