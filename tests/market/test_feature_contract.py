"""What every feature keeps: those of the project, those of plug-ins that are loaded, and two of this file."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from trading_hpo.market.features.feature import Feature, values_of
from trading_hpo.market.features.registry import FEATURES

PRICES = ["open", "high", "low", "close"]
BARS = 700


def market_trend(bars: pd.DataFrame) -> pd.DataFrame:
    """Exponential means of what all assets return together."""
    returns = np.log(bars["close"]).groupby(bars["asset"]).diff()
    together = returns.groupby(bars["timestamp"]).mean()
    means = pd.DataFrame({"fast": together.ewm(span=5).mean(), "slow": together.ewm(span=20).mean()})
    return means.loc[bars["timestamp"]].reset_index(drop=True)


def above_the_market(bars: pd.DataFrame) -> pd.Series:
    returns = np.log(bars["close"]).groupby(bars["asset"]).diff()
    return returns - returns.groupby(bars["timestamp"]).transform("mean")


TREND = Feature(market_trend, 120, outputs=("fast", "slow"), scope="market", memory="decaying")
ALL = {
    **{name: FEATURES[name] for name in FEATURES},
    "market_trend": TREND,
    "above_the_market": Feature(above_the_market, 1, scope="market"),
}
every_feature = pytest.mark.parametrize("name", ALL)


def values(bars: pd.DataFrame, feature: Feature) -> np.ndarray:
    of_assets = [own.reset_index(drop=True) for _, own in bars.groupby("asset", sort=False)]
    return values_of("x", feature, bars.reset_index(drop=True), of_assets).to_numpy()


def own_bar(bars: pd.DataFrame) -> np.ndarray:
    """The number of each bar among those of its asset."""
    return bars.groupby("asset").cumcount().to_numpy()


def changed(bars: pd.DataFrame, where: np.ndarray, seed: int = 1) -> pd.DataFrame:
    """Other prices, ranges and volumes in those rows; highs stay above lows."""
    factor = np.random.default_rng(seed).uniform(0.5, 2.0, (int(where.sum()), 1))
    other = bars.copy()
    other.loc[where, PRICES] = bars.loc[where, PRICES].to_numpy() * factor
    other.loc[where, "high"] *= 1.1
    other.loc[where, "volume"] = bars.loc[where, "volume"].to_numpy() * factor[:, 0] + 7
    return other


@pytest.fixture(scope="module")
def market(us_tech) -> pd.DataFrame:
    """Four assets, one of which starts later."""
    stamps = us_tech["timestamp"].drop_duplicates().sort_values()
    kept = stamps[stamps >= "2004-07-01"].iloc[:BARS]
    bars = us_tech[us_tech["timestamp"].isin(kept)].reset_index(drop=True)
    assert len(set(bars.groupby("asset").size())) == 2
    return bars


def place(bars: pd.DataFrame) -> np.ndarray:
    """The number of each bar on the common calendar."""
    return bars["timestamp"].rank(method="dense").to_numpy().astype(int) - 1


def check_that_it_does_not_look_ahead(market: pd.DataFrame, feature: Feature) -> None:
    for bar in (300, 451):
        known = place(market) <= bar
        after = values(changed(market, ~known), feature)[known]
        np.testing.assert_array_equal(after, values(market, feature)[known])


def check_where_two_starts_of_history_agree(market: pd.DataFrame, feature: Feature) -> None:
    whole = values(market, feature)
    # Rolling sums carry rounding of what they have left behind, no more.
    tolerance = 1e-9 if feature.memory == "finite" else 1e-6
    for start in (50, 200, 333):
        late = place(market) >= start
        known = own_bar(market[late]) >= feature.warmup_bars
        found = values(market[late], feature)[known]
        np.testing.assert_allclose(found, whole[late][known], rtol=tolerance, atol=tolerance)


@every_feature
def test_a_feature_does_not_move_with_the_future(market, name):
    check_that_it_does_not_look_ahead(market, ALL[name])


@every_feature
def test_a_feature_needs_no_more_history_than_it_declares(market, name):
    check_where_two_starts_of_history_agree(market, ALL[name])


@pytest.mark.parametrize("name", [name for name in ALL if ALL[name].memory == "finite"])
def test_a_feature_that_forgets_reads_as_far_back_as_it_declares(market, name):
    bar = 450
    first = place(market) == bar - ALL[name].warmup_bars
    moved = values(changed(market, first), ALL[name]) - values(market, ALL[name])
    assert np.abs(moved[place(market) == bar]).max() > 1e-6


@every_feature
def test_a_feature_is_missing_until_its_warm_up_and_finite_from_there(market, name):
    found, known = values(market, ALL[name]), own_bar(market) >= ALL[name].warmup_bars
    assert np.isnan(found[~known]).all()
    assert np.isfinite(found[known]).all()


@pytest.mark.parametrize("name", [name for name in ALL if ALL[name].memory == "finite" and ALL[name].scope == "asset"])
def test_a_feature_that_forgets_gives_nothing_by_itself_before_its_warm_up(market, name):
    own = market[market["asset"] == "AAPL"].reset_index(drop=True)
    assert np.isnan(ALL[name].compute(own).to_numpy()[: ALL[name].warmup_bars]).all()


@every_feature
def test_a_feature_reads_only_the_columns_it_declares(market, name):
    alone = market[["timestamp", "asset", *ALL[name].columns]]
    np.testing.assert_array_equal(values(alone, ALL[name]), values(market, ALL[name]))


@every_feature
def test_a_feature_does_not_change_with_the_scale_of_an_assets_prices(market, name):
    scale = market["asset"].map({"AAPL": 1000.0, "GOOG": 0.01, "IBM": 7.0, "MSFT": 1.0}).to_numpy()
    scaled = market.assign(**{price: market[price] * scale for price in PRICES})
    np.testing.assert_allclose(values(scaled, ALL[name]), values(market, ALL[name]), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in ALL if "volume" in ALL[name].columns])
def test_a_feature_of_volumes_as_large_as_these_hardly_changes_with_their_unit(market, name):
    in_lots = market.assign(volume=market["volume"] / 100)
    np.testing.assert_allclose(values(in_lots, ALL[name]), values(market, ALL[name]), atol=1e-3)


@pytest.mark.parametrize("rows", [slice(0, 700), slice(0, 350), slice(300, 500), slice(430, 700)])
@every_feature
def test_bars_without_movement_and_volume_give_finite_values(market, name, rows):
    parts = []
    for _, own in market.groupby("asset"):
        stopped = own.copy()
        stopped.iloc[rows, stopped.columns.get_indexer(PRICES)] = own["close"].iloc[rows].iloc[0]
        stopped.iloc[rows, stopped.columns.get_loc("volume")] = 0.0
        parts.append(stopped)
    found = values(pd.concat(parts), ALL[name])
    assert np.isfinite(found[own_bar(market) >= ALL[name].warmup_bars]).all()


# --- the checks find what they are for ---


LEAKS = {
    "centred mean": lambda t: t["close"] / t["close"].rolling(21, center=True, min_periods=1).mean() - 1,
    "whole sample": lambda t: (t["close"] - t["close"].mean()) / t["close"].std(),
    "next return": lambda t: np.log(t["close"]).diff().shift(-1).fillna(0.0),
}


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("scope", ["asset", "market"])
def test_a_feature_that_looks_ahead_is_caught(market, leak, scope):
    with pytest.raises(AssertionError):
        check_that_it_does_not_look_ahead(market, Feature(LEAKS[leak], 0, scope=scope))


@pytest.mark.parametrize(
    "hasty",
    [replace(TREND, warmup_bars=30), replace(FEATURES["rsi_14"], warmup_bars=13), replace(TREND, memory="finite")],
)
def test_a_warm_up_that_is_too_short_is_caught(market, hasty):
    with pytest.raises(AssertionError):
        check_where_two_starts_of_history_agree(market, hasty)
