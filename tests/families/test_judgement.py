"""Scores of rows -> what the forecast and its trades were worth, on made-up panels."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef
from tests.makers.panels import laid_out, panel_of, with_laid_out

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.judgement import buy_and_hold, constant_forecast, monitored, traded_constant
from trading_hpo.families.judgement import judge as judge_forecast
from trading_hpo.metrics.metric import Metric
from trading_hpo.metrics.registry import METRICS
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import BarRange

FREE = BacktestConfig(cost_bps=0.0)
JUDGED = (BarRange(20, 60),)
random_panel = partial(panel_of, n_assets=3, n_bars=80, seed=0)


def perfect(panel, rows):
    return panel.target[rows][:, 0].astype(float)


def judge(panel, rows, score, threshold, config):
    return judge_forecast(panel, rows, Forecast(score), Decision(threshold), config)


def test_a_perfect_forecast_of_one_asset_earns_every_rise_and_no_fall():
    panel = random_panel(n_assets=1)
    rows = panel.rows(JUDGED, 1)
    judged = judge(panel, rows, perfect(panel, rows), 0.5, FREE)
    rises = np.maximum(laid_out(panel, "forward_return")[0, 20:60, 0], 0)
    np.testing.assert_allclose(judged.returns, rises, atol=1e-7)
    assert judged.returns.sum() == pytest.approx(rises.sum(), rel=1e-6)
    assert judged.metrics["total_return"] == pytest.approx(np.prod(1 + rises.astype(float)) - 1, rel=1e-6)
    assert judged.metrics["mcc"] == judged.metrics["auc"] == 1.0
    assert judged.metrics["max_drawdown"] == 0.0


def test_a_perfect_forecast_of_several_assets_earns_the_mean_of_their_rises():
    panel = random_panel(n_assets=3)
    rows = panel.rows(JUDGED, 1)
    judged = judge(panel, rows, perfect(panel, rows), 0.5, FREE)
    expected = np.maximum(laid_out(panel, "forward_return")[:, 20:60, 0], 0).mean(axis=0)
    np.testing.assert_allclose(judged.returns, expected, atol=1e-7)


def test_a_perfect_forecast_on_both_sides_earns_the_mean_of_all_moves():
    panel = random_panel(n_assets=3)
    rows = panel.rows(JUDGED, 1)
    both = BacktestConfig(cost_bps=0.0, positions="long_short")
    judged = judge(panel, rows, perfect(panel, rows), 0.5, both)
    np.testing.assert_allclose(
        judged.returns, np.abs(laid_out(panel, "forward_return")[:, 20:60, 0]).mean(axis=0), atol=1e-7
    )


def test_costs_take_from_the_same_trades():
    panel = random_panel()
    rows = panel.rows(JUDGED, 1)
    free, dear = (judge(panel, rows, perfect(panel, rows), 0.5, BacktestConfig(cost_bps=bps)) for bps in (0, 10))
    assert dear.metrics["turnover"] == pytest.approx(free.metrics["turnover"])
    assert dear.metrics["total_return"] < free.metrics["total_return"]
    assert dear.metrics["mcc"] == free.metrics["mcc"]


def test_calls_of_each_row_reach_their_own_asset_and_bar():
    panel = random_panel(n_assets=2)
    rows = np.array([20, 22, 80 + 21, 80 + 22])  # asset 0 at bars 20 and 22, asset 1 at 21 and 22
    judged = judge(panel, rows, np.array([1.0, 0.0, 1.0, 1.0]), 0.5, FREE)
    moves = laid_out(panel, "forward_return")[..., 0].astype(float)
    assert judged.bars.tolist() == [20, 21, 22]
    np.testing.assert_allclose(judged.returns, [moves[0, 20] / 2, moves[1, 21] / 2, moves[1, 22] / 2])


def test_a_call_must_exceed_the_threshold():
    panel = random_panel(n_assets=1)
    rows = panel.rows(JUDGED, 1)
    judged = judge(panel, rows, np.full(len(rows), 0.5), 0.5, FREE)
    assert judged.metrics["positive_rate"] == 0.0
    assert (judged.returns == 0).all()


def test_classification_metrics_are_those_of_the_rows():
    panel = random_panel()
    rows = panel.rows(JUDGED, 1)
    score = np.random.default_rng(1).random(len(rows))
    judged = judge(panel, rows, score, 0.4, FREE)
    assert judged.metrics["mcc"] == pytest.approx(matthews_corrcoef(perfect(panel, rows) > 0.5, score > 0.4))


@pytest.mark.parametrize("horizon", [1, 5])
def test_what_happens_after_the_judged_rows_changes_nothing(horizon):
    panel = random_panel(horizon=horizon)
    rows = panel.rows(JUDGED, 1)
    score = np.random.default_rng(1).random(len(rows))
    forward, target = laid_out(panel, "forward_return"), laid_out(panel, "target")
    forward[:, 60:], target[:, 60:] = 9.0, 1 - target[:, 60:]
    other = with_laid_out(panel, forward_return=forward, target=target)
    for one, two in [
        (judge(panel, rows, score, 0.5, FREE), judge(other, rows, score, 0.5, FREE)),
        (buy_and_hold(panel, rows, FREE), buy_and_hold(other, rows, FREE)),
    ]:
        assert one.metrics == two.metrics
        assert one.returns.tobytes() == two.returns.tobytes()


def test_what_happens_during_the_judged_rows_does_change_them():
    panel = random_panel()
    rows = panel.rows(JUDGED, 1)
    forward = laid_out(panel, "forward_return")
    forward[:, 59] = 0.5
    other = with_laid_out(panel, forward_return=forward)
    up = np.ones(len(rows))
    one, two = judge(panel, rows, up, 0.5, FREE), judge(other, rows, up, 0.5, FREE)
    assert one.returns[:-1].tobytes() == two.returns[:-1].tobytes()
    assert two.returns[-1] == pytest.approx(0.5)


def test_only_the_first_bar_of_a_longer_label_is_earned_per_bar():
    panel = random_panel(n_assets=1, horizon=5)
    rows = panel.rows(JUDGED, 1)
    judged = judge(panel, rows, np.ones(len(rows)), 0.5, FREE)
    np.testing.assert_allclose(judged.returns, laid_out(panel, "forward_return")[0, 20:60, 0], atol=1e-7)


def test_a_volatility_forecast_halves_exposure_where_the_market_is_volatile():
    panel = random_panel(n_assets=1, label={"kind": "volatility"})
    rows = panel.rows(JUDGED, 1)
    judged = judge(panel, rows, np.ones(len(rows)), 0.5, FREE)
    np.testing.assert_allclose(judged.returns, laid_out(panel, "forward_return")[0, 20:60, 0] / 2, atol=1e-7)


def test_sharpe_is_annualised_with_the_bars_per_year_of_the_source():
    panel = random_panel()
    rows = panel.rows(JUDGED, 1)
    daily, hourly = (
        judge(replace(panel, bars_per_year=bars), rows, np.ones(len(rows)), 0.5, FREE) for bars in (252.0, 8760.0)
    )
    assert hourly.metrics["sharpe"] == pytest.approx(daily.metrics["sharpe"] * np.sqrt(8760 / 252))


def test_buy_and_hold_of_every_asset_lets_them_drift():
    panel = random_panel()
    rows = panel.rows(JUDGED, 1)
    wealth = np.cumprod(1 + laid_out(panel, "forward_return")[:, 20:60, 0].astype(float), axis=1).mean(axis=0)
    judged = buy_and_hold(panel, rows, FREE)
    assert judged.metrics["total_return"] == pytest.approx(wealth[-1] - 1)
    assert judged.metrics["turnover"] == 0.0
    np.testing.assert_allclose(np.cumprod(1 + judged.returns), wealth)


def test_buy_and_hold_keeps_an_asset_through_bars_that_are_no_samples():
    panel = random_panel(n_assets=2)
    observed = laid_out(panel, "observed")
    observed[0, 30] = False  # with windows of ten bars, ten rows are no samples
    rows = with_laid_out(panel, observed=observed).rows(JUDGED, 10)
    assert len(rows) == 2 * 40 - 10
    wealth = np.cumprod(1 + laid_out(panel, "forward_return")[:, 20:60, 0].astype(float), axis=1).mean(axis=0)
    judged = buy_and_hold(panel, rows, FREE)
    np.testing.assert_allclose(np.cumprod(1 + judged.returns), wealth)


def test_rows_that_are_no_samples_earn_the_forecast_nothing():
    panel = random_panel(n_assets=1)
    ranges = (BarRange(20, 30), BarRange(40, 60))
    rows = panel.rows(ranges, 1)
    judged = judge_forecast(panel, rows, Forecast(np.ones(len(rows))), Decision(0.5), FREE, ranges=ranges)
    assert judged.bars.tolist() == [*range(20, 30), *range(40, 60)]
    np.testing.assert_allclose(judged.returns, laid_out(panel, "forward_return")[0, judged.bars, 0], atol=1e-7)


def constant_metrics(panel, rows, train, config=FREE):
    return judge_forecast(panel, rows, *constant_forecast(panel, rows, train), config).metrics


def test_a_constant_forecast_is_right_as_often_as_its_class_occurs():
    panel = random_panel()
    rows = panel.rows(JUDGED, 1)
    share = perfect(panel, rows).mean()
    up, down = (rows[perfect(panel, rows) == side] for side in (1, 0))
    assert constant_metrics(panel, rows, up)["accuracy"] == pytest.approx(share)
    assert constant_metrics(panel, rows, down)["accuracy"] == pytest.approx(1 - share)


def test_a_constant_forecast_of_the_rows_own_mean_explains_nothing_and_has_every_metric():
    panel = random_panel()
    rows = panel.rows(JUDGED, 1)
    constant = constant_metrics(panel, rows, rows, BacktestConfig(regression_weight=0.5))
    assert constant["r2"] == pytest.approx(0.0, abs=1e-6)
    assert constant["composite_accuracy"] == pytest.approx((constant["accuracy"] + 0.5) / 2)
    judged = judge(panel, rows, perfect(panel, rows), 0.5, FREE).metrics
    assert set(constant) - set(judged) == {"log_loss", "brier"}  # a score is no probability


def test_positions_begin_anew_after_a_gap_between_ranges():
    panel = random_panel(n_assets=2, horizon=3)
    ranges = BarRange(10, 25), BarRange(40, 60)
    config = BacktestConfig(cost_bps=10.0, positions="long_short")

    def returns(*judged):
        rows = panel.rows(judged, 1)
        score = np.random.default_rng(1).random(panel.n_rows)[rows]
        return judge_forecast(panel, rows, Forecast(score), Decision(0.5), config, ranges=judged)

    both, apart = returns(*ranges), [returns(one) for one in ranges]
    np.testing.assert_array_equal(both.returns, np.concatenate([one.returns for one in apart]))
    np.testing.assert_array_equal(both.bars, np.concatenate([one.bars for one in apart]))


def test_bars_of_which_no_asset_has_a_sample_are_traded_through():
    """A coin of which nothing is known yet has bars at weekends; a stock's moves over them are earned all the same."""
    present = np.ones((2, 84), dtype=bool)
    present[1, 5::7] = present[1, 6::7] = False
    observed = present.copy()
    observed[0] = False
    moves = np.where(present, 0.01, 0.0)[..., None].astype("f4")
    panel = panel_of(present=present, observed=observed, forward_return=moves)
    rows = panel.rows((BarRange(7, 80),), 1)
    assert set(panel.asset[rows]) == {1}
    always = judge(panel, rows, np.ones(len(rows)), 0.5, FREE)
    assert always.bars.tolist() == list(range(7, 80))
    assert always.metrics["turnover"] < 0.1 * panel.bars_per_year
    # Half of the capital earns every move of the stock: 51 of them, each on the bar before its next one.
    weekdays = np.isin(np.arange(7, 80) % 7, [0, 1, 2, 3, 6])
    np.testing.assert_allclose(always.returns, np.where(weekdays, 0.005, 0.0), atol=1e-4)
    held = buy_and_hold(panel, rows, FREE)
    assert np.prod(1 + held.returns) == pytest.approx((1.01**73 + 1.01 ** weekdays.sum()) / 2, rel=1e-5)


def test_positions_that_a_loss_has_learned_are_held_as_they_are():
    panel = random_panel(n_assets=1)
    rows = panel.rows(JUDGED, 1)
    position = np.linspace(-1, 1, len(rows))
    found = judge_forecast(panel, rows, Forecast(position, position=position), Decision(0.9), FREE)
    np.testing.assert_allclose(found.returns, position * laid_out(panel, "forward_return")[0, 20:60, 0], atol=1e-7)


def test_a_metric_that_reads_the_constants_returns_can_be_monitored(monkeypatch):
    def excess(forecast, targets, returns, constant):
        return None if constant is None else float(returns.net.sum() - constant.net.sum())

    monkeypatch.setitem(METRICS._entries, "excess", Metric("excess", "trading", "maximize", "", excess, True))
    panel = random_panel()
    rows, train = panel.rows(JUDGED, 1), panel.rows((BarRange(0, 19),), 1)
    forecast = Forecast(perfect(panel, rows))
    constant = traded_constant(panel, rows, train, FREE)
    assert 0 < monitored(panel, rows, forecast, Decision(0.5), FREE, "excess", constant) < np.inf


def test_a_judgement_says_why_metrics_have_no_value():
    panel = random_panel(n_assets=1)
    rows = panel.rows(JUDGED, 1)
    never = judge(panel, rows, np.zeros(len(rows)), 0.5, FREE)
    assert never.no_value.keys() >= {"sharpe", "win_rate", "sortino", "payoff"}
    assert never.no_value["sharpe"] == "nothing was traded"
    one = panel.rows((BarRange(20, 21),), 1)
    alone = judge(panel, one, np.ones(1), 0.5, FREE)
    assert (alone.no_value["sharpe"], alone.no_value["auc"]) == ("fewer than 2 bars", "one class only")
    held = buy_and_hold(panel, one, FREE).no_value
    assert {held[name] for name in ("sharpe", "volatility")} == {"fewer than 2 bars"}
    of_numbers = {"mae", "mse", "rmse", "r2", "ic", "composite_accuracy"}  # a score is none
    assert judge(panel, rows, perfect(panel, rows), 0.5, FREE).no_value.keys() >= of_numbers


RETURN = {"kind": "forward_return", "horizon_bars": 1}


def test_the_constant_forecast_is_traded_as_any_other_and_earns_nothing_above_itself():
    panel = random_panel(horizon=3)
    ranges = BarRange(20, 40), BarRange(45, 60)
    rows, train = panel.rows(ranges, 1), panel.rows((BarRange(0, 15),), 1)
    always = traded_constant(panel, rows, train, FREE, ranges)
    forecast, decision = constant_forecast(panel, rows, train)
    judged = judge_forecast(panel, rows, forecast, decision, FREE, always, ranges)
    np.testing.assert_array_equal(always.traded.net, judged.returns)
    np.testing.assert_array_equal(always.bars, judged.bars)
    np.testing.assert_array_equal(always.traded.span, np.repeat([0, 1], [20, 15]))
    assert judged.metrics["active_return"] == 0.0
    assert judged.no_value["active_sharpe"] == "it earned what the constant forecast earns"
    assert judged.constant is always.benchmark is always.traded


def rises_that_are_called_down(seed=0, n_bars=400):
    """A market that rises, whose labels are down on all train rows: the constant forecast holds nothing."""
    moves = np.random.default_rng(seed).normal(0.002, 0.02, (2, n_bars, 1)).astype("f4")
    panel = random_panel(n_assets=2, n_bars=n_bars, forward_return=moves)
    down = panel.rows((BarRange(0, 19),), 1)
    return panel, down[panel.target[down, 0] == 0]


def test_where_the_constant_forecast_holds_nothing_holding_all_assets_is_not_active():
    panel, down = rises_that_are_called_down()
    ranges = BarRange(20, 200), BarRange(210, 390)
    rows = panel.rows(ranges, 1)
    dear = BacktestConfig(cost_bps=5.0)
    always = traded_constant(panel, rows, down, dear, ranges)
    assert not always.traded.exposure.any()
    assert (always.benchmark.exposure == 1).all()
    judged = judge_forecast(panel, rows, Forecast(np.ones(len(rows))), Decision(0.5), dear, always, ranges)
    assert judged.metrics["total_return"] > 0.5
    assert judged.metrics["active_return"] == 0.0
    nothing = judge_forecast(panel, rows, Forecast(np.zeros(len(rows))), Decision(0.5), dear, always, ranges)
    assert nothing.metrics["active_return"] == 0.0


def test_a_range_in_which_the_constant_forecast_holds_something_stays_as_it_is():
    panel, down = rises_that_are_called_down()
    rows = panel.rows(JUDGED, 1)
    short = BacktestConfig(positions="long_short")
    always = traded_constant(panel, rows, down, short)
    assert (always.traded.exposure == -1).all()
    assert always.benchmark is always.traded


def test_random_callers_in_a_rising_market_have_no_active_return_whatever_the_constant_forecast_holds():
    above, raw = 0, 0
    for seed in range(100):
        panel, down = rises_that_are_called_down(seed)
        rows = panel.rows((BarRange(20, 390),), 1)
        called = Forecast(np.random.default_rng(seed).random(len(rows)))
        always = traded_constant(panel, rows, down, FREE)
        judged = judge_forecast(panel, rows, called, Decision(0.4), FREE, always)
        years = len(judged.bars) / panel.bars_per_year
        above += judged.metrics["active_sharpe"] * years**0.5 > 1.645
        raw += judged.metrics["sharpe"] * years**0.5 > 1.645
    assert above <= 10  # of a true 5 %: 99 %
    assert raw >= 60


def test_what_is_earned_above_the_constant_forecast_is_the_difference_at_the_same_exposure():
    panel = random_panel(n_assets=1)
    rows, rising = panel.rows(JUDGED, 1), panel.rows((BarRange(0, 19),), 1)
    rising = rising[panel.target[rising, 0] > 0]
    always = traded_constant(panel, rows, rising, FREE)
    judged = judge_forecast(panel, rows, Forecast(perfect(panel, rows)), Decision(0.5), FREE, always)
    moves = laid_out(panel, "forward_return")[0, 20:60, 0].astype(float)
    held = (moves > 0).mean()
    active = np.maximum(moves, 0) - held * moves
    assert judged.metrics["exposure"] == pytest.approx(held)
    assert judged.metrics["active_return"] == pytest.approx(panel.bars_per_year * active.mean(), rel=1e-5)


def test_the_constant_forecast_says_the_quantiles_of_the_train_targets_beside_one_that_says_quantiles():
    panel = random_panel(label=RETURN, target=np.random.default_rng(3).normal(size=(3, 80, 1)).astype("f4"))
    rows, train = panel.rows(JUDGED, 1), panel.rows((BarRange(0, 19),), 1)
    levels, number = (0.1, 0.9), np.zeros((len(rows), 1))
    said = Forecast(number[:, 0], values=number, quantiles=np.zeros((len(rows), 1, 2)), levels=levels)
    always = traded_constant(panel, rows, train, FREE)
    judged = judge_forecast(panel, rows, said, Decision(0.0), FREE, always)
    expected = np.quantile(panel.target[train, 0], levels)
    np.testing.assert_allclose(judged.judged.constant.quantiles[:, 0], np.tile(expected, (len(rows), 1)))
    assert {"pinball", "coverage", "mape", "r2_zero"} <= judged.metrics.keys()
    other = judge_forecast(panel, rows, replace(said, quantiles=None, levels=None), Decision(0.0), FREE, always)
    assert other.judged.constant.quantiles is None
    assert "pinball" not in other.metrics


@pytest.mark.parametrize("name", ["sharpe", "turnover", "active_return", "accuracy", "brier", "composite_accuracy"])
def test_what_is_monitored_is_what_a_judgement_has(name):
    panel = random_panel()
    rows, train = panel.rows(JUDGED, 1), panel.rows((BarRange(0, 19),), 1)
    score = np.random.default_rng(5).random(len(rows))
    given = panel, rows, Forecast(score, probability=score), Decision(0.4), FREE
    always = traded_constant(panel, rows, train, FREE)
    expected = judge_forecast(*given, always).metrics[name]
    assert monitored(*given, name, always) == (-expected if METRICS[name].direction == "minimize" else expected)
