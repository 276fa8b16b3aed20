"""Up to the cut to the last bit as they were, after it others, and bars all the same."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from tests.makers.audits import business_days

from trading_hpo.audit.other_future import other_future

BARS = business_days(60, ("A", "B", "C"))


@given(cut=st.integers(0, 58), seed=st.integers(0, 99))
def test_only_what_comes_after_the_cut_changes(cut, seed):
    stamp = BARS["timestamp"].unique()[cut]
    other = other_future(BARS, stamp, seed)
    known = (BARS["timestamp"] <= stamp).to_numpy()
    pd.testing.assert_frame_equal(other[known], BARS[known], check_exact=True)
    assert (other["timestamp"] == BARS["timestamp"]).all()
    last = BARS[~known].groupby("asset").size() == 1  # one bar alone cannot be shuffled, and is scaled
    assert (other.loc[~known, "close"] != BARS.loc[~known, "close"]).all() or last.any()


@given(cut=st.integers(0, 58), seed=st.integers(0, 99))
def test_what_comes_after_it_are_bars(cut, seed):
    other = other_future(BARS, BARS["timestamp"].unique()[cut], seed)
    prices = other[["open", "high", "low", "close"]]
    assert np.isfinite(prices.to_numpy()).all()
    assert (prices > 0).all(axis=None)
    assert (other["high"] >= prices.max(axis=1)).all()
    assert (other["low"] <= prices.min(axis=1)).all()
    assert (other["volume"] >= 0).all()


def test_bars_that_stood_still_move_and_none_repeats_the_one_before():
    still = BARS.assign(open=5.0, high=5.0, low=5.0, close=5.0, volume=0.0)
    other = other_future(still, still["timestamp"].iloc[10], 0)
    moved = other["close"].groupby(other["asset"]).diff()[other["timestamp"] > still["timestamp"].iloc[10]]
    assert len(moved) > 100
    assert (moved != 0).all()
