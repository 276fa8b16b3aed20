"""Errors of a holdout's metrics: as large as they should be, on the scale of the metric, and the same every time."""

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap

from trading_hpo.analysis.holdout_errors import N_BLOCKS, standard_errors
from trading_hpo.families.judgement import JudgedRows, Judgement
from trading_hpo.metrics.compute import compute_metrics
from trading_hpo.metrics.metric import Returns, Targets
from trading_hpo.metrics.trading import max_drawdown
from trading_hpo.tasks.task import Forecast

T, A = 800, 3


def errors_of(net, truth=None, called=None, horizon=1, turnover=None, whole=False):
    """Of a series of returns, and of calls of A assets on every bar."""
    bars = np.arange(100, 100 + len(net))
    shape = (A, len(net))
    truth = np.zeros(shape, dtype=bool) if truth is None else truth
    called = truth if called is None else called
    forecast = Forecast(called.ravel().astype(float), probability=called.ravel().astype(float), called=called.ravel())
    targets = Targets(truth.ravel()[:, None].astype(float), truth.ravel())
    traded = Returns(net, 252.0, np.full(len(net), 0.1) if turnover is None else turnover)
    metrics = compute_metrics(forecast, targets, traded, None, regression_weight=0.3)
    always = np.ones(A * len(net), dtype=bool)
    constant = Forecast(always.astype(float), probability=always.astype(float), called=always)
    rows = JudgedRows(forecast, constant, targets, np.tile(bars, A))
    judged = Judgement(metrics.values, metrics.no_value, traded, bars, None, rows)
    found = standard_errors(judged, "accuracy", horizon, 0.3)
    return found if whole else found.of_metrics


def moving(weight, seed=0):
    """Returns that follow each other by a weight."""
    random, net = np.random.default_rng(seed), np.zeros(T)
    for bar in range(1, T):
        net[bar] = weight * net[bar - 1] + random.normal(0.0003, 0.01)
    return net


def test_the_error_of_a_total_return_is_that_of_the_whole_not_of_a_block():
    net = moving(0.0)
    whole = np.std(net) * np.sqrt(T) * np.prod(1 + net)  # first order
    assert errors_of(net)["total_return"] == pytest.approx(whole, rel=0.3)
    assert errors_of(np.concatenate([net, net]))["total_return"] > errors_of(net)["total_return"]


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_errors_agree_with_the_stationary_bootstrap_of_arch(weight):
    net = moving(weight)
    theirs = StationaryBootstrap(T / N_BLOCKS, net, seed=1)
    found = theirs.apply(lambda r: np.array([np.prod(1 + r) - 1, max_drawdown(r), (r > 0).mean()]), 2000).std(axis=0)
    ours = errors_of(net)
    assert [ours[name] for name in ("total_return", "max_drawdown", "win_rate")] == pytest.approx(found, rel=0.15)


def test_bars_that_move_together_are_less_sure_than_bars_that_do_not():
    random = np.random.default_rng(2)
    truth = random.random((A, T)) < 0.5
    alone = np.where(random.random((A, T)) < 0.7, truth, ~truth)
    in_runs = np.where(np.repeat(random.random(T // 40) < 0.7, 40), truth, ~truth)
    one, two = (errors_of(moving(0.0), truth, called)["accuracy"] for called in (alone, in_runs))
    assert one == pytest.approx(np.sqrt(0.7 * 0.3 / (A * T)), rel=0.35)
    assert two > 4 * one


def test_the_same_look_has_the_same_errors_and_longer_labels_longer_blocks():
    net = moving(0.5)
    assert errors_of(net) == errors_of(net)
    assert errors_of(net, horizon=200)["total_return"] != errors_of(net)["total_return"]


def test_a_metric_that_a_resample_lacks_has_no_error():
    assert errors_of(np.zeros(T))["sharpe"] is None


def test_one_trade_that_is_held_is_no_holdout_without_trades():
    turnover = np.zeros(T)
    turnover[0] = 1.0
    found = errors_of(moving(0.0), turnover=turnover)
    assert found["sharpe"] is not None
    assert found["win_rate"] is not None
    assert errors_of(np.zeros(T), turnover=np.zeros(T))["sharpe"] is None


def test_the_error_above_the_constant_forecast_is_that_of_the_difference_on_the_same_bars():
    random = np.random.default_rng(4)
    truth = random.random((A, T)) < 0.7
    always = np.ones_like(truth)
    assert errors_of(moving(0.0), truth, always, whole=True).of_excess == 0
    assert errors_of(moving(0.0), truth, always)["accuracy"] > 0
    nearly = always & (random.random((A, T)) < 0.98)
    near = errors_of(moving(0.0), truth, nearly, whole=True)
    assert 0 < near.of_excess < near.of_metrics["accuracy"] / 2


@pytest.mark.parametrize(("horizon", "n_blocks"), [(1, 20.0), (T // 20, 20.0), (T // 8, 8.0), (T, 5.0)])
def test_long_labels_leave_fewer_blocks_and_the_test_counts_them(horizon, n_blocks):
    truth = np.random.default_rng(1).random((A, T)) < 0.5
    errors = errors_of(moving(0.0), truth, truth, horizon, whole=True)
    assert errors.n_blocks == pytest.approx(n_blocks, rel=0.02)
    assert errors.degrees_of_freedom == errors.n_blocks - 1
