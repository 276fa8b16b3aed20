"""Labels predict the asset's own next bars, say when they become known, and use no other future."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from trading_hpo.tasks.direction import Direction
from trading_hpo.tasks.forward_return import ForwardReturn
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import TASKS
from trading_hpo.tasks.volatility import Volatility

KINDS = ("direction", "forward_return", "volatility")


def one_asset(closes: list[float], days: list[int] | None = None) -> pd.DataFrame:
    days = list(range(len(closes))) if days is None else days
    stamps = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(days, unit="D")
    return pd.DataFrame({"timestamp": stamps, "asset": "AAA", "close": closes})


def labels_of(bars: pd.DataFrame, config: LabelsConfig) -> pd.DataFrame:
    """The bars that have a label."""
    table = build_labels(bars, config)
    return table[table["label_end"].notna()].reset_index(drop=True)


@pytest.fixture(scope="module")
def closes(us_tech) -> list[float]:
    return us_tech.loc[us_tech["asset"] == "IBM", "close"].iloc[:400].tolist()


# --- slow twins ---


@pytest.mark.parametrize("horizon", [1, 2, 7])
@pytest.mark.parametrize("threshold", [0.0, 0.01, -0.02])
def test_direction_is_whether_the_return_to_the_horizon_exceeds_the_threshold(closes, horizon, threshold):
    table = labels_of(one_asset(closes), LabelsConfig(horizon_bars=horizon, threshold=threshold))
    slow = [
        float(closes[t + horizon] / closes[t] - 1 > threshold) for t in range(len(closes)) if t + horizon < len(closes)
    ]
    assert table["target"].tolist() == slow
    assert 0 < sum(slow) < len(slow)


def test_a_return_equal_to_the_threshold_does_not_exceed_it():
    table = labels_of(one_asset([1.0, 1.0, 1.5, 1.0]), LabelsConfig())
    assert table["target"].tolist() == [0.0, 1.0, 0.0]
    table = labels_of(one_asset([1.0, 1.0, 1.5, 1.0]), LabelsConfig(threshold=0.5))
    assert table["target"].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("horizon", [1, 3])
def test_forward_return_is_the_simple_return_to_the_horizon(closes, horizon):
    table = labels_of(one_asset(closes), LabelsConfig(kind="forward_return", horizon_bars=horizon))
    slow = [closes[t + horizon] / closes[t] - 1 for t in range(len(closes) - horizon)]
    np.testing.assert_array_equal(table["target"], np.float32(slow))


@pytest.mark.parametrize(("horizon", "steps"), [(1, 5), (2, 2), (8, 8)])
def test_volatility_is_whether_the_next_bars_are_livelier_than_the_trailing_median(closes, horizon, steps):
    config = LabelsConfig(kind="volatility", horizon_bars=horizon, median_bars=30)
    assert config.task.horizon_bars == steps

    def realised(end: int) -> float:
        return math.sqrt(sum(math.log(closes[i] / closes[i - 1]) ** 2 for i in range(end - steps + 1, end + 1)))

    first = steps + 29  # the earliest bar whose median is full
    slow = [
        float(realised(t + steps) > np.median([realised(end) for end in range(t - 29, t + 1)]))
        for t in range(first, len(closes) - steps)
    ]
    bars = one_asset(closes)
    table = labels_of(bars, config)
    assert table["timestamp"].tolist() == bars["timestamp"].tolist()[first : len(closes) - steps]
    assert table["target"].tolist() == slow
    assert 0 < sum(slow) < len(slow)


# --- the configuration ---


def test_the_kind_names_the_task_and_the_options_are_its_own():
    assert LabelsConfig().task == Direction()
    assert LabelsConfig(horizon_bars=3, threshold=0.5).task == Direction(horizon_bars=3, threshold=0.5)
    assert LabelsConfig(kind="forward_return", horizon_bars=2).task == ForwardReturn(horizon_bars=2)
    assert LabelsConfig(kind="volatility", median_bars=9).task == Volatility(median_bars=9)


def test_options_of_another_task_are_accepted_and_change_nothing():
    given = {"horizon_bars": 2, "threshold": 0.5, "median_bars": 9, "barrier_up": 3.0, "judged_bars": 7}
    assert LabelsConfig(kind="forward_return", **given).task == ForwardReturn(horizon_bars=2)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "volatilty"}, "unknown task 'volatilty'. Did you mean 'volatility'?"),
        ({"horizon_bar": 2}, "labels.horizon_bar is not a parameter. Did you mean 'horizon_bars'?"),
        ({"kind": "volatility", "median_bar": 9}, "labels.median_bar is not a parameter. Did you mean 'median_bars'?"),
        ({"kin": "volatility"}, "labels.kin is not a parameter. Did you mean 'kind'?"),
        ({"horizon_bars": 0}, "labels.horizon_bars must be greater than or equal to 1, got 0."),
        ({"kind": "direction", "median_bars": 1}, "labels.median_bars must be greater than or equal to 2, got 1."),
        ({"kind": "volatility", "threshold": "x"}, "labels.threshold must be a number, got 'x'."),
    ],
)
def test_what_is_wrong_is_said_in_words(given, problem):
    with pytest.raises(ValidationError) as caught:
        LabelsConfig(**given)
    assert problem in str(caught.value)


# --- when a label is known, and the returns on the way ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("horizon", [2, 3])
def test_a_label_ends_at_the_assets_own_bar_however_long_the_gap(kind, horizon):
    days = [0, 1, 2, 9, 10, 11, 40, 41, 42, 43]
    bars = one_asset([float(10 + day % 7) for day in days], days)
    table = labels_of(bars, LabelsConfig(kind=kind, horizon_bars=horizon, median_bars=2))
    place = {stamp: number for number, stamp in enumerate(bars["timestamp"])}
    assert len(table) > 0
    for row in table.itertuples():
        assert row.label_end == bars["timestamp"][place[row.timestamp] + horizon]


@pytest.mark.parametrize("kind", KINDS)
def test_forward_returns_are_the_simple_returns_of_each_next_bar(closes, kind):
    config = LabelsConfig(kind=kind, horizon_bars=4, median_bars=10)
    bars = one_asset(closes)
    table = labels_of(bars, config)
    assert [name for name in table if name.startswith("forward_return_")] == [
        f"forward_return_{k}" for k in (1, 2, 3, 4)
    ]
    start = bars.index[bars["timestamp"] == table["timestamp"].iloc[0]].item()
    for k in (1, 2, 3, 4):
        slow = [closes[t + k] / closes[t + k - 1] - 1 for t in range(start, start + len(table))]
        np.testing.assert_array_equal(table[f"forward_return_{k}"], np.float32(slow))


def test_a_bar_without_a_label_has_the_return_of_its_next_bar_alone():
    bars = pd.concat([one_asset([1.0, 2.0, 3.0, 4.5]), one_asset([5.0, 4.0]).assign(asset="BBB")])
    table = build_labels(bars, LabelsConfig(horizon_bars=2))
    assert table.index.tolist() == list(range(6))
    assert table["asset"].tolist() == ["AAA"] * 4 + ["BBB"] * 2
    labelled = table["label_end"].notna()
    assert labelled.tolist() == [True, True, False, False, False, False]
    assert table[labelled].notna().all(axis=None)
    assert table.loc[~labelled, ["target", "forward_return_2"]].isna().all(axis=None)
    np.testing.assert_array_equal(table.loc[~labelled, "forward_return_1"], np.float32([0.5, np.nan, -0.2, np.nan]))
    assert (table.dtypes[["target", "forward_return_1", "forward_return_2"]] == "float32").all()


def test_a_bar_before_the_history_of_its_label_has_the_return_of_its_next_bar_alone(closes):
    table = build_labels(one_asset(closes[:60]), LabelsConfig(kind="volatility", horizon_bars=2, median_bars=20))
    early = table[: table["label_end"].first_valid_index()]
    assert len(early) == 21
    assert early[["target", "label_end", "forward_return_2"]].isna().all(axis=None)
    np.testing.assert_array_equal(early["forward_return_1"], np.float32(np.divide(closes[1:22], closes[:21]) - 1))


def test_bars_of_assets_that_take_turns_have_the_labels_of_bars_asset_after_asset(us_tech):
    in_turn = us_tech.sort_values("timestamp", kind="stable")
    assert in_turn["asset"].ne(in_turn["asset"].shift()).mean() > 0.5
    config = LabelsConfig(horizon_bars=3)
    pd.testing.assert_frame_equal(build_labels(in_turn, config), build_labels(us_tech, config), check_exact=True)


def test_assets_do_not_see_each_others_bars(us_tech):
    config = LabelsConfig(kind="volatility", median_bars=20)
    together = labels_of(us_tech, config)
    alone = labels_of(us_tech[us_tech["asset"] == "IBM"], config)
    own = together[together["asset"] == "IBM"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone, check_exact=True)


# --- leakage ---


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(KINDS), horizon=st.integers(1, 6), bar=st.integers(0, 149), seed=st.integers(0, 2**32 - 1))
def test_a_label_that_has_ended_ignores_what_comes_after(make_bars, kind, horizon, bar, seed):
    config = LabelsConfig(kind=kind, horizon_bars=horizon, median_bars=20)
    bars = make_bars(150)
    now = bars["timestamp"][bar]
    changed = bars.copy()
    later = changed["timestamp"] > now
    changed.loc[later, "close"] *= np.random.default_rng(seed).uniform(0.3, 3.0, int(later.sum()))
    before, after = labels_of(bars, config), labels_of(changed, config)
    pd.testing.assert_frame_equal(
        after[after["label_end"] <= now], before[before["label_end"] <= now], check_exact=True
    )


def test_the_median_of_the_volatility_label_uses_no_future():
    """Wild bars after the label's end would lift a median over the whole series, and so turn the label."""
    config = LabelsConfig(kind="volatility", horizon_bars=2, median_bars=20)
    rng = np.random.default_rng(3)
    calm = 100 * np.exp(np.cumsum(rng.normal(0, 0.001, 60)))
    wild = calm[-1] * np.exp(np.cumsum(rng.normal(0, 0.2, 200)))
    alone = labels_of(one_asset(calm.tolist()), config)
    with_future = labels_of(one_asset([*calm, *wild]), config)
    pd.testing.assert_frame_equal(with_future.iloc[: len(alone)], alone, check_exact=True)
    assert 0 < alone["target"].mean() < 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_does_read_the_bar_at_which_it_ends(closes, kind):
    config = LabelsConfig(kind=kind, horizon_bars=3, median_bars=20)
    before = labels_of(one_asset(closes), config)
    moved = [*closes[:-1], closes[-1] * 3]
    after = labels_of(one_asset(moved), config)
    assert after["forward_return_3"].iloc[-1] != before["forward_return_3"].iloc[-1]
    assert after["target"].iloc[-1] == (1 if kind != "forward_return" else np.float32(moved[-1] / moved[-4] - 1))
    pd.testing.assert_frame_equal(after.iloc[:-1], before.iloc[:-1], check_exact=True)


class Early(ForwardReturn):
    """A label that is known one bar on, whatever its horizon."""

    def build(self, bars):
        return ForwardReturn(horizon_bars=1).build(bars)

    def label_ends(self, bars):
        return np.arange(len(bars)) + 1


def test_no_loss_sees_a_return_after_the_end_of_its_label(closes, monkeypatch):
    monkeypatch.setitem(TASKS._entries, "forward_return", Early)
    table = labels_of(one_asset(closes), LabelsConfig(kind="forward_return", horizon_bars=3))
    assert len(table) == len(closes) - 3  # as many as have all returns, though the label ends before them
    assert (table["forward_return_1"] != 0).any()
    assert (table[["forward_return_2", "forward_return_3"]] == 0).all(axis=None)


def test_a_task_gets_the_bars_of_one_asset_as_they_are_and_numbered_from_0(us_tech, monkeypatch):
    given = []

    class Given(ForwardReturn):
        def build(self, bars):
            given.append(bars)
            return super().build(bars)

    monkeypatch.setitem(TASKS._entries, "forward_return", Given)
    build_labels(us_tech, LabelsConfig(kind="forward_return"))
    assert len(given) == us_tech["asset"].nunique() > 1
    for bars in given:
        own = us_tech[us_tech["asset"] == bars["asset"][0]].reset_index(drop=True)
        pd.testing.assert_frame_equal(bars, own, check_exact=True)


class ReturnTwice(ForwardReturn):
    """Returns its target a second time, doubled."""

    def build(self, bars):
        return super().build(bars) * [1, 2]


def test_several_targets_stand_in_columns_numbered_from_1(closes, monkeypatch):
    monkeypatch.setattr(ReturnTwice, "n_targets", 2)
    monkeypatch.setitem(TASKS._entries, "forward_return", ReturnTwice)
    table = labels_of(one_asset(closes), LabelsConfig(kind="forward_return"))
    assert list(table) == ["timestamp", "asset", "target_1", "target_2", "label_end", "forward_return_1"]
    np.testing.assert_array_equal(table["target_1"], table["forward_return_1"])
    np.testing.assert_array_equal(table["target_2"], 2 * table["forward_return_1"])


def test_a_task_that_returns_more_targets_than_it_names_is_refused(closes, monkeypatch):
    monkeypatch.setitem(TASKS._entries, "forward_return", ReturnTwice)
    with pytest.raises(ValueError, match="argument 2 is longer"):
        build_labels(one_asset(closes), LabelsConfig(kind="forward_return"))
