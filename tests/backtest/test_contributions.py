"""What each asset brought adds up to what the portfolio returned, whatever was traded and however dear that was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trading_hpo.backtest.contributions import contributions
from trading_hpo.backtest.returns import net_returns

laws = settings(deadline=None, max_examples=100)
COSTS = st.sampled_from([0.0, 5.0, 100.0])


@st.composite
def markets(draw):
    """Draw weights of at most the whole capital, what the assets did next, and where they could be traded."""
    shape = draw(st.integers(1, 20)), draw(st.integers(1, 4))
    raw = draw(arrays(float, shape, elements=st.floats(-1, 1, allow_subnormal=False)))
    moves = draw(arrays(float, shape, elements=st.floats(-0.5, 0.5, allow_subnormal=False)))
    own = draw(arrays(bool, shape, elements=st.sampled_from([True, True, False])))
    return raw / np.maximum(1, np.abs(raw).sum(axis=1, keepdims=True)), moves, own


@laws
@given(markets(), COSTS, st.booleans())
def test_the_parts_add_up_to_the_portfolio(market, cost_bps, all_trade):
    weights, moves, own = market
    own = np.ones_like(own) if all_trade else own
    parts = contributions(weights, moves, cost_bps, own)
    whole = net_returns(weights, moves, cost_bps, own)
    for part, of_all in zip(parts, whole, strict=True):
        np.testing.assert_allclose(part.sum(axis=1), of_all, atol=1e-12)


def test_an_asset_pays_for_what_is_traded_of_it_only():
    weights, moves = np.array([[0.5, 0.5], [0.0, 0.5]]), np.zeros((2, 2))
    earned, traded, _ = contributions(weights, moves, 10.0, np.ones((2, 2), dtype=bool))
    assert earned[0].tolist() == pytest.approx([-0.0005, -0.0005])
    assert traded[1, 0] > 0.499
    assert earned[1, 0] == pytest.approx(-0.0005)
    assert abs(earned[1, 1]) < 1e-6  # what the costs of the others have moved


def test_no_more_than_the_capital_is_lost_and_nothing_is_traded_after():
    weights, moves = np.array([[-1.0, 0.0], [0.5, 0.5]]), np.array([[1.5, 0.0], [0.1, 0.1]])
    earned, traded, _ = contributions(weights, moves, 0.0, np.ones((2, 2), dtype=bool))
    assert earned[0].tolist() == [-1.0, 0.0]
    assert not earned[1].any()
    assert not traded[1].any()
