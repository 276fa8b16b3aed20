"""What is earned above the constant forecast: the same number wherever it is asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trading_hpo.metrics.active import ACTIVE_METRICS, NO_CONSTANT, SAME_EARNED, active_metrics
from trading_hpo.metrics.metric import NO_BARS, Returns
from trading_hpo.metrics.trading import sharpe
from trading_hpo.study.trial_returns import Traded, active_returns, per_unit, series_by_path
from trading_hpo.types import BarRange, Fold

MOVES = arrays(float, 12, elements=st.floats(-0.125, 0.125, width=16))
HELD = arrays(float, 12, elements=st.floats(-1, 1, width=16))
SPANS = st.sampled_from([None, np.repeat([0, 1], 6), np.repeat([0, 1, 2], 4)])


def returns_of(net, exposure=1.0, span=None):
    net = np.array(net, dtype=float)
    return Returns(net, 252.0, np.ones(len(net)), np.broadcast_to(exposure, net.shape).astype(float), span)


def test_half_of_the_market_is_compared_with_half_of_the_market():
    market = np.array([0.02, -0.04, 0.06])
    found = active_metrics(returns_of([0.03, 0.0, 0.03], [1.0, 0.0, 0.5]), returns_of(market))
    active = np.array([0.02, 0.02, 0.0])
    assert tuple(found) == tuple(ACTIVE_METRICS)
    assert found["active_return"] == pytest.approx(252 * active.mean())
    assert found["active_sharpe"] == pytest.approx(sharpe(active, 252.0))


@settings(deadline=None)
@given(MOVES, HELD, MOVES, HELD, SPANS)
def test_they_are_made_of_the_active_returns_that_trials_are_compared_by(net, held, market, always, span):
    own, constant = returns_of(net, held, span), returns_of(market, always, span)
    lengths = [12] if span is None else np.bincount(span)
    ends = np.cumsum(lengths)
    ranges = tuple(BarRange(int(end - length), int(end)) for end, length in zip(ends, lengths, strict=True))
    fold = Fold(0, (), (), ranges, (0,) * len(ranges))
    series, compared = (
        series_by_path([Traded(fold, np.arange(12), part.net, part.exposure)]) for part in (own, constant)
    )
    expected = active_returns(series, {path: per_unit(part) for path, part in compared.items()})
    assert active_metrics(own, constant)["active_return"] == pytest.approx(252 * expected.mean(), abs=1e-9)


@settings(deadline=None)
@given(MOVES, HELD, SPANS, st.floats(0.125, 4, width=16))
def test_the_constant_forecast_and_any_share_of_it_earn_nothing_above_it(market, always, span, share):
    constant = returns_of(market, always, span)
    found = active_metrics(returns_of(share * market, share * always, span), constant)
    held = np.add.reduceat(always, [0] if span is None else np.flatnonzero(np.diff(span, prepend=-1)))
    if (np.abs(held) > 1e-3).all():  # what is long and short in turn has no exposure to compare by
        assert found == {"active_return": 0.0, "active_sharpe": SAME_EARNED}


def test_where_the_constant_forecast_holds_nothing_all_is_active():
    found = active_metrics(returns_of([0.01, 0.03]), returns_of([0.0, 0.0], 0.0))
    assert found["active_return"] == pytest.approx(252 * 0.02)


def test_without_a_constant_forecast_or_bars_there_is_no_value():
    own = returns_of([0.01, 0.02])
    assert set(active_metrics(own, None).values()) == {NO_CONSTANT}
    assert set(active_metrics(own, Returns(own.net, 252.0)).values()) == {NO_CONSTANT}
    assert set(active_metrics(returns_of([]), returns_of([])).values()) == {NO_BARS}
