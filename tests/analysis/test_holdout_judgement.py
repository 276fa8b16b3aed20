"""What the holdout says about a final network, how its looks are counted, and what it must beat."""

import json
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import matthews_corrcoef, roc_auc_score
from tests.makers.panels import LAID_OUT, laid_out, panel_of, with_laid_out

from trading_hpo.analysis.holdout import baseline_returns, baselines, judge_holdout
from trading_hpo.analysis.holdout_money import money_tests
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.judgement import buy_and_hold
from trading_hpo.market.same_bars import saw_the_same
from trading_hpo.splits.folds import Split
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import BarRange, Fold

FREE = BacktestConfig(cost_bps=0.0)
WINDOW = 5
FOLDS = (
    Fold(0, (BarRange(0, 40),), (BarRange(41, 49),), (BarRange(50, 70),)),
    Fold(1, (BarRange(0, 60),), (BarRange(61, 69),), (BarRange(70, 98),)),
)
SPLIT = Split(FOLDS, BarRange(0, 99), BarRange(100, 119))
random_panel = partial(panel_of, n_assets=2, n_bars=120, n_features=2, seed=3)


@dataclass
class KnownScores:
    """A final network whose scores are written down, with the card it would carry."""

    scores: np.ndarray
    threshold: float = 0.5
    card: dict = field(default_factory=lambda: {"model_type": "lstm", "params": {"a": 1, "b": 0.5}})

    @property
    def decision(self):
        return Decision(self.threshold)

    def forecast(self, panel, rows):
        return Forecast(self.scores.ravel()[rows])


def result_of(*arguments):
    return judge_holdout(*arguments).result


def perfect(panel):
    return KnownScores(laid_out(panel, "target").astype(float))


def look(panel, split=SPLIT, **card):
    network = perfect(panel)
    network.card.update(card)
    return result_of(network, panel, split, WINDOW, FREE)["look"]


def test_a_perfect_network_is_judged_perfect_on_the_rows_of_the_holdout():
    panel = random_panel()
    judged = result_of(perfect(panel), panel, SPLIT, WINDOW, FREE)
    assert judged["metrics"]["mcc"] == 1.0
    assert judged["samples"] == 2 * 19
    assert judged["first"] == "2020-04-10T00:00:00+00:00"  # bar 100
    assert judged["last"] == "2020-04-28T00:00:00+00:00"  # bar 118


def test_scores_before_the_holdout_do_not_matter_and_those_within_do():
    panel = random_panel()
    judged = result_of(perfect(panel), panel, SPLIT, WINDOW, FREE)["metrics"]
    before, within = (laid_out(panel, "target").astype(float) for _ in range(2))
    before[:, :100] = 1 - before[:, :100]
    within[:, 100] = 1 - within[:, 100]
    assert result_of(KnownScores(before), panel, SPLIT, WINDOW, FREE)["metrics"] == judged
    assert result_of(KnownScores(within), panel, SPLIT, WINDOW, FREE)["metrics"] != judged


def test_standard_errors_do_not_depend_on_the_number_of_folds():
    panel = random_panel()
    judged = result_of(perfect(panel), panel, SPLIT, WINDOW, FREE)["standard_errors"]
    assert judged == result_of(perfect(panel), panel, replace(SPLIT, folds=FOLDS[:1]), WINDOW, FREE)["standard_errors"]
    assert judged["mcc"] == 0.0
    assert judged["total_return"] > 0


def test_the_threshold_is_the_networks_own():
    panel = random_panel()
    network = replace(perfect(panel), threshold=1.0)
    assert result_of(network, panel, SPLIT, WINDOW, FREE)["metrics"]["positive_rate"] == 0.0


def test_the_result_can_be_written_as_strict_json():
    panel = random_panel()
    judged = result_of(perfect(panel), panel, SPLIT, WINDOW, FREE)
    assert json.loads(json.dumps(judged, allow_nan=False)) == judged


def test_the_same_configuration_and_data_are_the_same_look():
    assert look(random_panel())["key"] == look(random_panel())["key"]


@pytest.mark.parametrize(
    "card", [{"params": {"b": 0.5, "a": 1}}, {"study_name": "another study"}, {"epochs": 7}, {"trial_number": 3}]
)
def test_what_is_no_part_of_the_configuration_makes_no_new_look(card):
    assert look(random_panel(), **card)["key"] == look(random_panel())["key"]


def test_other_scores_that_are_traded_alike_make_no_new_look_and_others_do():
    panel = random_panel()
    scaled = KnownScores(3 * laid_out(panel, "target").astype(float) - 1, threshold=0.3)
    assert result_of(scaled, panel, SPLIT, WINDOW, FREE)["look"]["key"] == look(panel)["key"]
    retrained = KnownScores(np.random.default_rng(0).random((2, 120)), threshold=0.3)
    assert result_of(retrained, panel, SPLIT, WINDOW, FREE)["look"]["key"] != look(panel)["key"]


@pytest.mark.parametrize(
    "card", [{"params": {"a": 2, "b": 0.5}}, {"params": {"a": 1}}, {"params": {}}, {"model_type": "mlp"}]
)
def test_another_configuration_is_another_look(card):
    assert look(random_panel(), **card)["key"] != look(random_panel())["key"]


@pytest.mark.parametrize(
    "changed",
    [
        {"feature_names": ("x", "z")},
        {"label": {"kind": "volatility"}},
        {"label": {"kind": "direction", "threshold": 0.01}},
        {"timestamps": pd.date_range("2020-01-02", periods=120, tz="UTC")},
    ],
)
def test_other_data_or_another_label_are_another_look(changed):
    assert look(replace(random_panel(), **changed))["key"] != look(random_panel())["key"]


@pytest.mark.parametrize("assets", [("A", "C"), ("a", "b"), ("Z", "A")])
def test_another_spelling_of_the_assets_is_the_same_look(assets):
    panel = random_panel()
    assert look(replace(panel, assets=assets))["key"] == look(panel)["key"]


def test_assets_in_another_order_are_the_same_look():
    panel = random_panel()
    turned = {name: laid_out(panel, name)[::-1] for name in LAID_OUT}
    swapped = with_laid_out(panel, **turned)
    assert look(swapped)["key"] == look(panel)["key"]


@pytest.mark.parametrize(
    "backtest", [BacktestConfig(cost_bps=1.0), BacktestConfig(cost_bps=0.0, positions="long_short")]
)
def test_another_back_test_is_another_look(backtest):
    panel = random_panel()
    other = result_of(perfect(panel), panel, SPLIT, WINDOW, backtest)["look"]["key"]
    assert other != look(panel)["key"]


@pytest.mark.parametrize("holdout", [BarRange(101, 119), BarRange(100, 118)])
def test_another_range_is_another_look(holdout):
    assert look(random_panel(), replace(SPLIT, holdout=holdout))["key"] != look(random_panel())["key"]


@pytest.mark.parametrize(
    ("first", "same"),
    [(100, True), (90, True), (110, True), (60, False)],
    ids=["the same bars", "more bars", "half of them", "earlier ones"],
)
def test_looks_at_the_same_bars_count_together_whatever_the_assets_are_called(first, same):
    panel = random_panel()
    renamed = replace(panel, assets=("X", "Y"))
    other = look(renamed, replace(SPLIT, holdout=BarRange(first, 119 if same else 80)))
    assert saw_the_same(look(panel), other) == same
    assert not saw_the_same(look(panel), look(random_panel(seed=9, assets=("X", "Y"))))


def test_a_look_says_what_was_looked_at():
    found = look(random_panel(), study_name="daily.lstm")
    assert found["study_name"] == "daily.lstm"
    assert found["assets"] == ["A", "B"]
    assert (found["first"], found["last"]) == ("2020-04-10T00:00:00+00:00", "2020-04-28T00:00:00+00:00")
    assert found["time"].endswith("+00:00")


# Baselines


def with_rises(shares):
    """Build a panel on which the share of rising bars is set range by range."""
    panel = random_panel()
    target = np.zeros_like(laid_out(panel, "target"))
    for start, stop, share in shares:
        target[:, start : start + round((stop - start) * share)] = 1
    return with_laid_out(panel, target=target)


@pytest.mark.parametrize("train_rises", [True, False])
def test_the_constant_is_the_majority_of_train_not_of_what_is_judged(train_rises):
    share = 0.75 if train_rises else 0.25
    panel = with_rises([(0, 50, share), (50, 70, 1 - share), (70, 100, share), (100, 119, 1 - share)])
    found = baselines(panel, SPLIT, WINDOW, FREE)
    for constant in (found["folds"][0]["constant_forecast"], found["holdout"]["constant_forecast"]):
        assert constant["positive_rate"] == float(train_rises)
        assert constant["accuracy"] == pytest.approx(0.25, abs=0.02)  # right only on the minority
        assert constant["mcc"] == 0.0


def test_a_tie_in_train_is_called_down():
    panel = with_rises([(5, 15, 1.0), (50, 70, 0.5)])
    one_fold = Split((Fold(0, (BarRange(5, 25),), (BarRange(30, 40),), (BarRange(50, 70),)),), *_rest())
    assert baselines(panel, one_fold, WINDOW, FREE)["folds"][0]["constant_forecast"]["positive_rate"] == 0.0


def _rest():
    return SPLIT.search, SPLIT.holdout


def test_validation_is_the_mean_of_the_folds():
    found = baselines(random_panel(), SPLIT, WINDOW, FREE)
    assert [fold["fold"] for fold in found["folds"]] == [0, 1]
    for name in ("constant_forecast", "buy_and_hold"):
        one, two = (fold[name] for fold in found["folds"])
        known = [key for key in one if None not in (one[key], two[key])]
        assert {"mcc", "sharpe", "annual_return", "turnover"} & set(known)
        means = {key: None if key not in known else pytest.approx((one[key] + two[key]) / 2) for key in one}
        assert found["validation"][name] == means


def test_a_metric_that_one_fold_lacks_has_no_mean():
    panel = random_panel()
    forward = laid_out(panel, "forward_return")
    forward[:, 50:70] = 0.0  # no variance, so no Sharpe
    found = baselines(with_laid_out(panel, forward_return=forward), SPLIT, WINDOW, FREE)
    assert found["folds"][1]["buy_and_hold"]["sharpe"] is not None
    assert found["validation"]["buy_and_hold"]["sharpe"] is None


def test_buy_and_hold_is_judged_on_the_rows_of_each_range():
    panel = random_panel()
    found = baselines(panel, SPLIT, WINDOW, BacktestConfig(cost_bps=10))
    for ranges, metrics in [
        (FOLDS[1].validation, found["folds"][1]["buy_and_hold"]),
        ((SPLIT.holdout,), found["holdout"]["buy_and_hold"]),
    ]:
        assert metrics == buy_and_hold(panel, panel.rows(ranges, WINDOW), BacktestConfig(cost_bps=10)).metrics


def test_the_holdout_moves_no_baseline_before_it():
    panel = random_panel()
    forward, target = laid_out(panel, "forward_return"), laid_out(panel, "target")
    forward[:, 100:], target[:, 100:] = 0.5, 1 - target[:, 100:]
    one = baselines(panel, SPLIT, WINDOW, FREE)
    two = baselines(with_laid_out(panel, forward_return=forward, target=target), SPLIT, WINDOW, FREE)
    assert one["folds"] == two["folds"]
    assert one["validation"] == two["validation"]
    assert one["holdout"]["buy_and_hold"] != two["holdout"]["buy_and_hold"]


# What a look keeps


class InPercent(KnownScores):
    """Its forecasts are in other units than its scores, as a number's are."""

    def forecast(self, panel, rows):
        score = self.scores.ravel()[rows]
        return Forecast(score, values=100 * score[:, None])


def unsure(panel, seed=5, kind=KnownScores):
    return kind(np.random.default_rng(seed).random((panel.n_assets, panel.n_bars, 1)), threshold=0.4)


COSTLY = [BacktestConfig(cost_bps=20.0), BacktestConfig(cost_bps=20.0, positions="long_short")]


@pytest.mark.parametrize("backtest", COSTLY, ids=lambda backtest: backtest.positions)
def test_forecasts_and_returns_agree_with_the_metrics(backtest):
    panel = random_panel()
    found = judge_holdout(unsure(panel), panel, SPLIT, WINDOW, backtest)
    metrics, truth, called = found.result["metrics"], found.forecasts["truth"], found.forecasts["called"]
    assert metrics["mcc"] == pytest.approx(matthews_corrcoef(truth, called))
    assert metrics["accuracy"] == pytest.approx((truth == called).mean())
    assert metrics["positive_rate"] == pytest.approx(called.mean())
    assert metrics["auc"] == pytest.approx(roc_auc_score(truth, found.forecasts["forecast"]))
    assert found.result["samples"] == len(found.forecasts)
    net = found.returns["net_return"]
    blocks = len(net) / max(len(net) / 20, panel.horizon_bars)
    assert found.result["degrees_of_freedom"] == pytest.approx(blocks - 1)
    wealth = np.concatenate([[1.0], (1 + net).cumprod()])
    assert metrics["total_return"] == pytest.approx(wealth[-1] - 1)
    assert metrics["sharpe"] == pytest.approx(net.mean() / net.std() * np.sqrt(panel.bars_per_year))
    assert metrics["max_drawdown"] == pytest.approx((1 - wealth / np.maximum.accumulate(wealth)).max())
    held = (found.returns["exposure"] != 0) | (net != 0)
    assert metrics["win_rate"] == pytest.approx((net[held] > 0).mean())


def test_rows_are_those_of_the_holdout_each_with_its_own_bar_and_asset():
    panel = random_panel()
    found = judge_holdout(unsure(panel), panel, SPLIT, WINDOW, FREE)
    bars = panel.timestamps[100:119]
    assert found.returns["timestamp"].tolist() == panel.timestamps[101:120].tolist()  # when they were earned
    keys = found.forecasts[["asset", "timestamp"]].itertuples(index=False, name=None)
    assert list(keys) == [(asset, bar) for asset in "AB" for bar in bars]
    np.testing.assert_array_equal(found.forecasts["target"], laid_out(panel, "target")[:, 100:119].ravel())
    np.testing.assert_array_equal(found.forecasts["truth"], laid_out(panel, "target")[:, 100:119].ravel() > 0.5)


def test_a_row_without_a_label_is_traded_and_not_judged():
    panel = random_panel()
    labelled = laid_out(panel, "labelled")
    labelled[1, 105] = False
    found = judge_holdout(unsure(panel), with_laid_out(panel, labelled=labelled), SPLIT, WINDOW, FREE)
    whole = judge_holdout(unsure(panel), panel, SPLIT, WINDOW, FREE)
    pd.testing.assert_frame_equal(found.returns, whole.returns)
    assert found.result["metrics"]["sharpe"] == whole.result["metrics"]["sharpe"]
    assert len(found.forecasts) == 2 * 19 - 1
    on_bar = found.forecasts[found.forecasts["timestamp"] == panel.timestamps[105]]
    assert on_bar["asset"].tolist() == ["A"]


def test_calls_are_scores_above_the_threshold_and_forecasts_are_in_the_targets_units():
    panel = random_panel()
    scores = unsure(panel).scores[:, 100:119].ravel()
    found = judge_holdout(unsure(panel, kind=InPercent), panel, SPLIT, WINDOW, FREE).forecasts
    np.testing.assert_array_equal(found["called"], scores > 0.4)
    np.testing.assert_allclose(found["forecast"], 100 * scores)


def test_a_forecast_number_is_kept_beside_the_number_that_came_and_called_by_its_sign():
    panel = random_panel()
    numbers = replace(panel, label={"kind": "forward_return"}, target=panel.forward_return)
    found = judge_holdout(KnownScores(numbers.target, threshold=0.0), numbers, SPLIT, WINDOW, FREE)
    came = laid_out(numbers, "target")[:, 100:119].ravel()
    np.testing.assert_array_equal(found.forecasts["target"], came)
    np.testing.assert_array_equal(found.forecasts["truth"], came > 0)
    assert found.result["target_kind"] == "number"
    assert found.result["metrics"]["mcc"] == 1.0


# Returns of the baselines


@pytest.mark.parametrize("cost_bps", [0.0, 25.0])
def test_returns_of_buy_and_hold_agree_with_its_metrics(cost_bps):
    panel, backtest = random_panel(), BacktestConfig(cost_bps=cost_bps)
    found = baseline_returns(panel, SPLIT, WINDOW, backtest)
    metrics = baselines(panel, SPLIT, WINDOW, backtest)["holdout"]["buy_and_hold"]
    net = found["buy_and_hold"]
    wealth = np.concatenate([[1.0], (1 + net).cumprod()])
    assert found["timestamp"].tolist() == panel.timestamps[101:120].tolist()
    assert metrics["sharpe"] == pytest.approx(net.mean() / net.std() * np.sqrt(panel.bars_per_year))
    assert metrics["max_drawdown"] == pytest.approx((1 - wealth / np.maximum.accumulate(wealth)).max())
    assert metrics["total_return"] == pytest.approx(wealth[-1] - 1)


def test_a_rising_constant_holds_everything_and_a_falling_one_nothing():
    rising, falling = with_rises([(0, 100, 0.75)]), with_rises([(0, 100, 0.25)])
    held = baseline_returns(rising, SPLIT, WINDOW, FREE)["constant_forecast"]
    np.testing.assert_allclose(held, laid_out(rising, "forward_return")[:, 100:119, 0].mean(axis=0), rtol=1e-6)
    assert (baseline_returns(falling, SPLIT, WINDOW, FREE)["constant_forecast"] == 0).all()


@pytest.mark.parametrize("share", [0.75, 0.25])
def test_the_constant_is_decided_before_the_holdout(share):
    panel = with_rises([(0, 99, share)])
    target = laid_out(panel, "target")
    before, turned = target.copy(), target.copy()
    turned[:, 100:] = 1 - turned[:, 100:]
    before[:, :99] = 1 - before[:, :99]
    ours = baseline_returns(panel, SPLIT, WINDOW, FREE)
    pd.testing.assert_frame_equal(baseline_returns(with_laid_out(panel, target=turned), SPLIT, WINDOW, FREE), ours)
    other = baseline_returns(with_laid_out(panel, target=before), SPLIT, WINDOW, FREE)
    assert not np.allclose(other["constant_forecast"], ours["constant_forecast"])
    pd.testing.assert_series_equal(other["buy_and_hold"], ours["buy_and_hold"])


# What was traded and held


def test_turnover_and_exposure_are_of_the_bars_of_the_returns_and_lead_to_them_at_any_costs():
    panel = random_panel()
    free, dear = (judge_holdout(perfect(panel), panel, SPLIT, WINDOW, BacktestConfig(cost_bps=c)) for c in (0, 30))
    assert list(free.returns) == ["timestamp", "net_return", "turnover", "exposure"]
    calls = free.forecasts.groupby("timestamp")["called"].mean()
    np.testing.assert_allclose(free.returns["exposure"], calls)  # equal shares, held for one bar
    assert free.returns["turnover"].iloc[0] == free.returns["exposure"].iloc[0]
    paid = 1 - dear.returns["turnover"] * 30 / 1e4
    np.testing.assert_allclose(dear.returns["net_return"], paid * (1 + free.returns["net_return"]) - 1)


def test_the_constant_forecast_brings_its_turnover_and_exposure_along():
    panel = random_panel()
    rising = with_laid_out(panel, target=np.ones_like(laid_out(panel, "target")))
    held = baseline_returns(rising, SPLIT, WINDOW, FREE)
    assert (held["constant_forecast_exposure"] == 1).all()
    assert held["constant_forecast_turnover"].iloc[0] == 1
    assert (held["constant_forecast_turnover"].iloc[1:] < 0.1).all()  # what prices have moved is put back


def test_the_active_return_of_the_holdout_is_the_one_that_its_money_is_tested_by():
    panel, costs = random_panel(n_bars=160), BacktestConfig(cost_bps=10.0)
    rising = with_laid_out(panel, target=np.ones_like(laid_out(panel, "target")))
    scores = np.random.default_rng(0).random((2, 160))
    split = replace(SPLIT, holdout=BarRange(100, 159))
    seen = judge_holdout(KnownScores(scores), rising, split, WINDOW, costs)
    held = baseline_returns(rising, split, WINDOW, costs)
    tested = money_tests(seen.returns, held, 1, panel.bars_per_year)["active"]
    assert seen.result["metrics"]["active_return"] == pytest.approx(tested["estimate"])
    assert seen.result["metrics"]["exposure"] == pytest.approx(seen.returns["exposure"].mean())
    assert baselines(rising, split, WINDOW, costs)["holdout"]["constant_forecast"]["active_return"] == 0.0
