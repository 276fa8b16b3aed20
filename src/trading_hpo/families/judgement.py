"""Scores of panel rows -> metrics of the forecast and of the trades it leads to."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import expit

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.backtest.positions import signal_weights
from trading_hpo.backtest.returns import buy_and_hold_returns, net_returns
from trading_hpo.metrics.classification import classification_metrics, constant_forecast_metrics
from trading_hpo.metrics.regression import composite_accuracy, regression_metrics
from trading_hpo.metrics.trading import trading_metrics
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
    """
    called = score > threshold
    judged = classification_metrics(truth_of(panel, rows), called, score)
    metrics = _with_closeness(judged, panel, rows, forecast_of(panel.task, score, unit), config)
    bars, up, known, moves = _grid(panel, rows, called)
    weights = signal_weights(up, known, config, panel.horizon_bars, panel.label_kind)
    returns, turnover = net_returns(weights, moves, config.cost_bps)
    metrics.update(trading_metrics(returns, turnover, panel.bars_per_year))
    return Judgement(metrics, returns, bars)


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
    judged = constant_forecast_metrics(truth_of(panel, rows), majority_of(panel, train))
    mean = float(panel.target.ravel()[train].mean())
    return _with_closeness(judged, panel, rows, np.full(len(rows), mean), config)


def _with_closeness(
    judged: Mapping[str, float],
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    forecast: Float[np.ndarray, " N"],
    config: BacktestConfig,
) -> dict[str, float | None]:
    """Add to the metrics of the calls how near the forecast came to the target, and both in one number."""
    near = regression_metrics(panel.target.ravel()[rows], forecast)
    composite = composite_accuracy(judged["accuracy"], near["r2"], config.regression_weight)
    return {**judged, **near, "composite_accuracy": composite}


def majority_of(panel: Panel, train: Int[np.ndarray, " N"]) -> bool:
    """Return whether the positive class is the more frequent one."""
    return bool(truth_of(panel, train).mean() > 0.5)


def buy_and_hold(panel: Panel, rows: Int[np.ndarray, " N"], config: BacktestConfig) -> Judgement:
    """Judge holding the assets of the first bar in equal shares to the last bar."""
    bars, _, known, moves = _grid(panel, rows, np.ones(len(rows), dtype=bool))
    returns = buy_and_hold_returns(moves, known[0], config.cost_bps)
    return Judgement(trading_metrics(returns, None, panel.bars_per_year), returns, bars)


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
