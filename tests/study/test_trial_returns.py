"""Return series: put together path by path, to bytes and back, and compared with the constant forecast."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import kurtosis, skew

from trading_hpo.study.trial_returns import (
    Series,
    Traded,
    active_returns,
    decode,
    encode,
    moments,
    payload_of,
    series_by_path,
)
from trading_hpo.types import BarRange, Fold


def series_of(net, first=0, exposure=1.0):
    return Series(np.arange(first, first + len(net)), np.asarray(net, dtype=float), np.full(len(net), exposure))


def traded(fold, ranges, paths=None, value=0.0):
    bars = np.concatenate([np.arange(*part) for part in ranges])
    made = Fold(fold, (), (), tuple(BarRange(*part) for part in ranges), paths or (0,) * len(ranges))
    return Traded(made, bars, value + bars / 1000, np.full(len(bars), float(fold)))


@given(
    bars=st.sets(st.integers(0, 5000), max_size=60).map(sorted),
    data=st.data(),
)
def test_a_series_comes_back_from_its_bytes_as_float32(bars, data):
    net = data.draw(hnp.arrays(np.float64, len(bars), elements=st.floats(-1, 10)))
    exposure = data.draw(hnp.arrays(np.float64, len(bars), elements=st.sampled_from([-2.0, 0.0, 0.25, 1.0])))
    back = decode(encode(Series(np.array(bars, dtype=np.int64), net, exposure)))
    assert back.bars.tolist() == bars
    assert back.net.tolist() == net.astype(np.float32).astype(np.float64).tolist()
    assert back.exposure.tolist() == exposure.tolist()


def test_two_thousand_bars_of_noise_take_less_than_ten_kilobytes():
    data = encode(series_of(np.random.default_rng(0).normal(0, 0.01, 2000)))
    assert len(data) < 10_000


def test_the_ranges_of_a_path_are_joined_in_time_order_whichever_fold_comes_first():
    folds = [traded(1, [(30, 40)]), traded(0, [(10, 20)])]
    joined = series_by_path(folds)[0]
    assert joined.bars.tolist() == [*range(10, 20), *range(30, 40)]
    assert joined.net.tolist() == pytest.approx(joined.bars / 1000)
    assert joined.exposure.tolist() == [0.0] * 10 + [1.0] * 10  # each range's own


def test_each_range_goes_to_its_path_with_the_exposure_of_its_own_bars():
    folds = [traded(0, [(0, 10), (10, 20)], (0, 1)), traded(1, [(0, 10), (10, 40)], (1, 0), value=5)]
    found = series_by_path(folds)
    assert found[0].bars.tolist() == list(range(40))
    assert found[1].bars.tolist() == list(range(20))
    assert found[0].net[:10].tolist() == pytest.approx(np.arange(10) / 1000)
    assert found[1].net[:10].tolist() == pytest.approx(5 + np.arange(10) / 1000)
    assert found[0].exposure.tolist() == [0.0] * 10 + [1.0] * 30
    assert found[1].exposure.tolist() == [1.0] * 10 + [0.0] * 10


def test_bars_between_the_ranges_belong_to_no_path():
    fold = traded(0, [(0, 30)])
    apart = Traded(Fold(0, (), (), (BarRange(0, 10), BarRange(20, 30)), (0, 0)), fold.bars, fold.net, fold.exposure)
    assert series_by_path([apart])[0].bars.tolist() == [*range(10), *range(20, 30)]


def test_what_holds_a_share_of_the_constant_forecast_has_no_active_return():
    constant = series_of(np.random.default_rng(1).normal(0, 0.01, 500))
    trial = Series(constant.bars, 0.7 * constant.net, np.full(500, 0.7))
    assert not active_returns({0: trial}, {0: constant}).any()
    again = decode(encode(trial))  # nor after it was rounded
    assert not active_returns({0: again}, {0: decode(encode(constant))}).any()


def test_one_who_holds_other_shares_in_each_range_has_none_either():
    constant = series_of(np.random.default_rng(1).normal(0, 0.01, 500))
    exposure = np.repeat([0.2, 0.0, 0.9, -0.5], 125)
    trial = Series(constant.bars, exposure * constant.net, exposure)
    assert not active_returns({0: decode(encode(trial))}, {0: decode(encode(constant))}).any()


@pytest.mark.parametrize("place", [0, 5, 40])
def test_bytes_that_were_altered_are_refused(place):
    data = bytearray(encode(series_of(np.random.default_rng(1).normal(0, 0.01, 50))))
    data[place] ^= 16
    with pytest.raises(ValueError, match="returns must be"):
        decode(bytes(data))


def test_the_active_return_takes_the_constant_forecast_off_bar_by_bar_where_the_trial_has_bars():
    constant = series_of([0.01, 0.02, 0.03, 0.04])
    trial = series_of([0.5, 0.6], first=2, exposure=0.5)
    assert active_returns({0: trial}, {0: constant}).tolist() == pytest.approx([0.5 - 0.015, 0.6 - 0.02])


@pytest.mark.parametrize("constant", [{}, {0: series_of([0.0] * 3)}, {0: series_of([0.1], first=50)}])
def test_where_the_constant_forecast_holds_nothing_the_active_return_is_the_net_one(constant):
    assert active_returns({0: series_of([0.1, 0.2, 0.3])}, constant).tolist() == [0.1, 0.2, 0.3]


def test_of_several_paths_the_active_return_is_the_mean_over_those_that_cover_the_bar():
    paths = {0: series_of([0.1, 0.2, 0.3]), 1: series_of([0.4, 0.6], first=1)}
    assert active_returns(paths, {}).tolist() == pytest.approx([0.1, 0.3, 0.45])


def test_moments_are_those_of_the_population():
    returns = np.random.default_rng(2).gamma(2, 0.01, 300)
    found = moments(returns)
    assert found["count"] == 300
    assert found["mean"] == pytest.approx(returns.mean())
    assert found["variance"] == pytest.approx(returns.var())
    assert found["skewness"] == pytest.approx(skew(returns))
    assert found["kurtosis"] == pytest.approx(kurtosis(returns, fisher=False))


@pytest.mark.parametrize("returns", [[], [0.0, 0.0], [0.1, np.nan]])
def test_what_does_not_vary_or_is_not_finite_has_no_shape(returns):
    found = moments(np.array(returns))
    assert found["count"] == len(returns)
    assert found["skewness"] is found["kurtosis"] is None


def test_the_path_is_the_key():
    assert list(payload_of({0: series_of([0.1]), 7: series_of([0.2])})) == ["0", "7"]
