"""Features equal their definitions, and the table of them is complete or refused; what all keep is tested apart."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_hpo.errors import ConfigurationError, DataError
from trading_hpo.market.features.build import build_features, chosen_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.registry import FEATURES, STANDARD

PRICES = ["open", "high", "low", "close"]


def compute(name: str, bars: pd.DataFrame) -> np.ndarray:
    return FEATURES[name].compute(bars.reset_index(drop=True)).to_numpy(dtype="float64")


def perturbed(bars: pd.DataFrame, rows: slice, seed: int = 1) -> pd.DataFrame:
    """Other prices, ranges and volumes in those rows; highs stay above lows."""
    rng = np.random.default_rng(seed)
    changed = bars.copy()
    part = changed.iloc[rows]
    factor = rng.uniform(0.5, 2.0, (len(part), 1))
    changed.iloc[rows, changed.columns.get_indexer(PRICES)] = part[PRICES].to_numpy() * factor
    changed.iloc[rows, changed.columns.get_loc("high")] *= 1.1
    changed.iloc[rows, changed.columns.get_loc("volume")] = part["volume"].to_numpy() * factor[:, 0] + 7
    return changed


@pytest.fixture(scope="module")
def apple(us_tech) -> pd.DataFrame:
    return us_tech[us_tech["asset"] == "AAPL"].iloc[:700].reset_index(drop=True)


# --- what the table may read ---


@settings(max_examples=25, deadline=None)
@given(bar=st.integers(1, 118), seed=st.integers(0, 2**32 - 1))
def test_the_table_of_features_up_to_any_bar_ignores_what_comes_after(make_bars, bar, seed):
    config = FeaturesConfig(names=("return_5", "volatility_21", "rsi_14", "ma_distance_50", "volume_ratio_21"))
    bars = make_bars(120, assets=("AAA", "BBB"))
    changed = pd.concat([perturbed(own, slice(bar + 1, None), seed) for _, own in bars.groupby("asset")])
    known = bars["timestamp"] <= bars["timestamp"][bar]
    pd.testing.assert_frame_equal(
        build_features(changed, config)[known], build_features(bars, config)[known], check_exact=True
    )


# --- slow twins ---


def slow_rsi(close: list[float], t: int) -> float:
    changes = [close[i] - close[i - 1] for i in range(t - 13, t + 1)]
    gain = sum(change for change in changes if change > 0) / 14
    loss = sum(-change for change in changes if change < 0) / 14
    wilder = 100 - 100 / (1 + gain / loss)
    return wilder / 50 - 1


def slow_volatility(close: list[float], t: int) -> float:
    returns = [math.log(close[i] / close[i - 1]) for i in range(t - 20, t + 1)]
    mean = sum(returns) / 21
    return math.sqrt(sum((value - mean) ** 2 for value in returns) / 20)


def slow_ma_distance(close: list[float], t: int) -> float:
    return close[t] / (sum(close[t - 49 : t + 1]) / 50) - 1


def slow_momentum(close: list[float], t: int) -> float:
    return math.log(close[t - 21]) - math.log(close[t - 252])


@pytest.mark.parametrize(
    ("name", "slow"),
    [
        ("rsi_14", slow_rsi),
        ("volatility_21", slow_volatility),
        ("ma_distance_50", slow_ma_distance),
        ("momentum_12_1", slow_momentum),
        ("return_5", lambda close, t: math.log(close[t] / close[t - 5])),
    ],
)
def test_a_feature_of_closes_equals_its_definition(apple, name, slow):
    values = compute(name, apple)
    close = apple["close"].tolist()
    for t in range(252, 700, 37):
        assert values[t] == pytest.approx(slow(close, t), rel=1e-9)


def test_parkinson_volatility_equals_its_definition(apple):
    values = compute("parkinson_volatility_21", apple)
    for t in (20, 100, 699):
        bars = list(zip(apple["high"], apple["low"], strict=True))[t - 20 : t + 1]
        total = sum(math.log(high / low) ** 2 for high, low in bars)
        assert values[t] == pytest.approx(math.sqrt(total / (4 * math.log(2) * 21)))


def test_features_within_the_bar_equal_their_definitions(apple):
    bar, before = apple.iloc[400], apple.iloc[399]
    assert compute("overnight_gap", apple)[400] == pytest.approx(math.log(bar["open"] / before["close"]))
    assert compute("bar_range", apple)[400] == pytest.approx(math.log(bar["high"] / bar["low"]))
    middle = (bar["high"] + bar["low"]) / 2
    place = (bar["close"] - middle) / ((bar["high"] - bar["low"]) / 2)
    assert compute("close_location", apple)[400] == pytest.approx(place)
    mean = np.mean([math.log(1 + volume) for volume in apple["volume"][380:401]])
    assert compute("volume_ratio_21", apple)[400] == pytest.approx(math.log(1 + bar["volume"]) - mean)


def test_the_volatility_ratio_is_the_quotient_of_the_volatilities(apple):
    quotient = compute("volatility_5", apple) / compute("volatility_63", apple)
    np.testing.assert_allclose(compute("volatility_ratio_5_63", apple), quotient)


def test_rsi_lies_between_its_bounds_and_reaches_them(make_bars):
    bars = make_bars(60, assets=("AAA",))
    assert np.nanmax(np.abs(compute("rsi_14", bars))) <= 1
    rising = bars.assign(close=np.arange(1.0, 61.0))
    assert (compute("rsi_14", rising)[14:] == 1).all()
    assert (compute("rsi_14", rising.iloc[::-1])[14:] == -1).all()


# --- degenerate bars ---


def still(bars: pd.DataFrame, rows: slice) -> pd.DataFrame:
    """No trade and no movement in those rows: all prices at the first one's close, no volume."""
    changed = bars.copy()
    part = changed.iloc[rows]
    changed.iloc[rows, changed.columns.get_indexer(PRICES)] = part["close"].iloc[0]
    changed.iloc[rows, changed.columns.get_loc("volume")] = 0.0
    return changed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rsi_14", 0.0),
        ("close_location", 0.0),
        ("volatility_ratio_5_63", 1.0),
        ("volatility_21", 0.0),
        ("parkinson_volatility_21", 0.0),
        ("return_1", 0.0),
        ("bar_range", 0.0),
        ("volume_ratio_21", 0.0),
    ],
)
def test_a_market_that_stopped_has_neutral_features(apple, name, value):
    assert compute(name, still(apple, slice(430, 700)))[-1] == value


def test_the_volatility_of_a_market_that_stopped_is_zero_and_no_rounding_of_its_past(make_bars):
    for seed in range(30):  # a running sum of squares leaves a residue on some paths only
        bars = still(make_bars(200, assets=("AAA",), seed=seed), slice(100, 200))
        assert compute("volatility_63", bars)[-1] == 0
        assert compute("volatility_ratio_5_63", bars)[-1] == 1


# --- the table ---


def test_the_table_is_long_and_single_precision_and_each_asset_uses_its_own_bars(make_bars):
    bars = make_bars(30)
    built = build_features(bars, FeaturesConfig(names=("return_1", "rsi_14")))
    assert list(built) == ["timestamp", "asset", "return_1", "rsi_14"]
    assert (built[["return_1", "rsi_14"]].dtypes == "float32").all()
    pd.testing.assert_frame_equal(built[["timestamp", "asset"]], bars[["timestamp", "asset"]])
    own = bars[bars["asset"] == "BBB"]
    expected = compute("rsi_14", own).astype("float32")
    np.testing.assert_array_equal(built.loc[built["asset"] == "BBB", "rsi_14"], expected)
    assert built.loc[built["asset"] == "BBB", "return_1"].isna().sum() == 1


def test_no_names_mean_the_standard_features_whose_columns_are_there(us_tech, sp500_20):
    assert chosen_features(FeaturesConfig(), list(us_tech)) == list(STANDARD)
    of_closes = [name for name in STANDARD if FEATURES[name].columns == ("close",)]
    assert chosen_features(FeaturesConfig(), list(sp500_20)) == of_closes
    assert "volume_ratio_21" not in of_closes


def test_a_feature_that_is_added_changes_no_study_that_does_not_name_it(make_bars, monkeypatch):
    before = build_features(make_bars(260), FeaturesConfig())
    monkeypatch.setitem(FEATURES._entries, "mine", Feature(lambda bars: bars["close"].pct_change(), 1))
    assert "mine" in FEATURES
    pd.testing.assert_frame_equal(build_features(make_bars(260), FeaturesConfig()), before, check_exact=True)
    assert "mine" in build_features(make_bars(260), FeaturesConfig(names=("mine",)))


def test_outputs_are_columns_under_the_name_of_their_feature(make_bars, monkeypatch):
    two = Feature(lambda bars: pd.DataFrame({"a": bars["close"], "b": -bars["close"]}), 1, outputs=("a", "b"))
    monkeypatch.setitem(FEATURES._entries, "mine", two)
    built = build_features(make_bars(5), FeaturesConfig(names=("mine", "return_1")))
    assert list(built) == ["timestamp", "asset", "mine_a", "mine_b", "return_1"]
    assert built["mine_a"].isna().tolist() == [True, False, False, False, False] * 2
    monkeypatch.setitem(FEATURES._entries, "mine_a", Feature(lambda bars: bars["close"], 0))
    with pytest.raises(ValueError, match="names must give each column once, got 'mine_a' of two features"):
        FeaturesConfig(names=("mine", "mine_a"))


@pytest.mark.parametrize(
    ("compute", "said"),
    [
        (
            lambda bars: pd.DataFrame({"a": bars["close"]}),
            "must give mine_a, mine_b for each of 5 bars, got mine_a for 5",
        ),
        (lambda bars: pd.DataFrame({"a": [1.0], "b": [2.0]}), "got mine_a, mine_b for 1"),
    ],
)
def test_a_feature_that_gives_other_than_it_declares_is_refused(make_bars, monkeypatch, compute, said):
    monkeypatch.setitem(FEATURES._entries, "mine", Feature(compute, 0, outputs=("a", "b")))
    with pytest.raises(ConfigurationError, match=said):
        build_features(make_bars(5), FeaturesConfig(names=("mine",)))


def test_named_features_keep_the_order_they_are_named_in(make_bars):
    names = ("rsi_14", "return_1")
    assert tuple(build_features(make_bars(30), FeaturesConfig(names=names)).columns[2:]) == names


def refusal(bars: pd.DataFrame, *names: str) -> list[str]:
    with pytest.raises(DataError) as caught:
        build_features(bars, FeaturesConfig(names=names or None))
    return caught.value.problems


def test_a_feature_whose_columns_are_missing_is_refused_with_each_column(sp500_20):
    assert refusal(sp500_20, "return_1", "bar_range", "volume_ratio_21") == [
        f"feature '{name}' needs the column '{column}', which the source lacks. "
        "Leave it out of features.names or choose a source with OHLCV bars."
        for name, column in (("bar_range", "high"), ("bar_range", "low"), ("volume_ratio_21", "volume"))
    ]


def test_infinite_features_are_counted_and_located(make_bars):
    bars = make_bars(30)
    bars.loc[[40, 41], "open"] = np.inf
    assert refusal(bars, "return_1", "overnight_gap") == [
        "feature overnight_gap must be finite, got 2 infinite values, the first for BBB at "
        "2020-01-11 00:00:00+00:00. Look at the bars it reads, or leave it out of features.names."
    ]


def test_a_value_too_large_for_single_precision_is_found(make_bars):
    bars = make_bars(30, assets=("AAA",))
    bars["high"] = bars["low"] * 1.01
    bars.loc[7, "close"] = 1e300  # float64 holds its place within the bar, float32 does not
    (said,) = refusal(bars, "close_location")
    assert said.startswith("feature close_location must be finite, got 1 infinite values, the first for AAA at ")


def test_history_too_short_for_any_row_is_refused_with_the_longest_feature(make_bars):
    assert refusal(make_bars(252)) == [
        "bars must be more than the 252 that feature momentum_12_1 looks back, got at most 252 for AAA from "
        "2020-01-01 00:00:00+00:00. Use longer data, or leave it out of features.names."
    ]
    assert build_features(make_bars(253), FeaturesConfig()).notna().all(axis=1).sum() == 2


def test_an_unknown_feature_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match=re.escape("unknown feature 'rsi_15'. Did you mean 'rsi_14'?")):
        FeaturesConfig(names=("rsi_15",))
    with pytest.raises(ValueError, match=r"names must name each feature once, got 'rsi_14' again\."):
        FeaturesConfig(names=("rsi_14", "return_1", "rsi_14"))
