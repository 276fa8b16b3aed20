"""Cuts are spread over the calendar, and at bars that are special."""

import numpy as np
import pandas as pd
import pytest
from tests.makers.audits import business_days, project

from trading_hpo.audit.cuts import N_CUTS, N_FEATURE_CUTS, cuts, feature_cuts
from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.registry import FEATURES


@pytest.mark.parametrize("n_bars", [2, 10, 77, 500, 4529, 6005])
def test_there_are_at_least_five_cuts_on_different_days_of_the_week_and_a_bar_after_each(n_bars):
    at = cuts(n_bars)
    assert at[0] == 0
    assert max(at) <= n_bars - 2
    assert at == sorted(set(at))
    if n_bars > 60:
        assert len(at) == N_CUTS >= 5
        assert len({bar % 5 for bar in at}) >= 3


@pytest.mark.parametrize(("n_bars", "n_cuts"), [(30, 18), (500, N_FEATURE_CUTS)])
def test_features_are_cut_at_other_bars_of_which_each_has_a_bar_after_it(n_bars, n_cuts):
    built = project().build(business_days(n_bars))
    at = feature_cuts(built)
    assert at == sorted(set(at)) == feature_cuts(built)
    assert len(at) >= n_cuts - 1
    assert max(at) <= n_bars - 2
    assert not set(at) & set(cuts(n_bars))


def without_volume(bars, special):
    return bars.assign(volume=bars["volume"].mask(special, 0.0))


def without_move(bars, special):
    return bars.assign(close=bars["close"].mask(special).ffill())


def before_a_wait(bars, special):
    """Every bar after a special one comes thirty days later, and so do all that follow."""
    days = special.shift(fill_value=False).groupby(bars["asset"]).cumsum() * 30
    return bars.assign(timestamp=bars["timestamp"] + pd.to_timedelta(days, unit="D"))


@pytest.mark.parametrize("made", [without_volume, without_move, before_a_wait])
def test_rare_bars_of_a_kind_are_cut_at(made):
    bars = business_days(2000, ("A",))
    special = pd.Series(False, index=bars.index)
    special[[333, 1111, 1777]] = True
    assert {333, 1111, 1777} <= set(feature_cuts(project().build(made(bars, special))))


def test_a_bar_before_one_that_an_asset_lacks_is_cut_at():
    bars = business_days(2000)
    lacks = bars.index[bars["asset"] == "B"][700]
    bar = 700 + 15 - 1  # B begins 15 bars later
    built = project().build(bars.drop(index=lacks).reset_index(drop=True))
    assert bar in feature_cuts(built)


@pytest.mark.parametrize("value", [1.0, np.nan])
def test_bars_at_which_a_column_is_unusual_are_cut_at(monkeypatch, value):
    def rare(bars):
        return pd.Series(0.0, index=bars.index).mask(bars.index.isin([333, 1111]), value)

    monkeypatch.setitem(FEATURES._entries, "rare", Feature(rare, 0))
    built = project(["return_1", "rare"]).build(business_days(2000, ("A",)))
    assert {333, 1111} <= set(feature_cuts(built))


def test_bars_at_which_a_column_is_what_it_is_on_the_next_are_cut_at(monkeypatch):
    def repeating(bars):
        return bars["close"].mask(bars.index.isin([333, 1111])).bfill()

    monkeypatch.setitem(FEATURES._entries, "repeating", Feature(repeating, 0))
    built = project(["repeating"]).build(business_days(2000, ("A",)))
    assert {333, 1111} <= set(feature_cuts(built))
