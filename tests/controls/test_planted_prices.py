"""The edge is in the product of two features, known at its bar, and worth what it is said to be."""

import numpy as np
import pandas as pd
import pytest
from controls import planted_prices
from controls.planted_prices import (
    BARS_PER_YEAR,
    FEATURES,
    LIMIT,
    SLOW,
    Planted,
    oracle,
    oracle_sharpe,
    plant,
    strength_for,
)

from trading_hpo.market.features.registry import FEATURES as BY_NAME
from trading_hpo.metrics.active import active_metrics
from trading_hpo.metrics.metric import Returns
from trading_hpo.metrics.trading import sharpe

N_BARS, COST_BPS = 1200, 5.0


@pytest.fixture(scope="module")
def close():
    moves = np.random.default_rng(0).normal(0.0, 0.01, (N_BARS, 4))
    return pd.DataFrame(100 * np.exp(np.cumsum(moves, axis=0)), columns=list("ABCD"))


@pytest.fixture(scope="module")
def planted(close):
    return plant(close, 0.3)


def features(planted):
    """As the project computes them: [T A] each."""
    of_assets = [pd.DataFrame({"close": planted.close[name]}) for name in planted.close]
    return [np.column_stack([BY_NAME[name].compute(own) for own in of_assets]) for name in FEATURES]


def test_nothing_is_moved_by_a_strength_of_0(close):
    pd.testing.assert_frame_equal(plant(close, 0.0).close, close)


def test_the_state_is_the_product_of_the_features_that_a_model_is_given_less_a_line(planted, close):
    known, real = slice(SLOW, None), features(Planted(close, planted.state, 0.0))
    scaled = [
        ((own - np.median(usual[known])) / np.std(usual[known]))[known].ravel()
        for own, usual in zip(features(planted), real, strict=True)
    ]
    product = np.clip(scaled[0] * scaled[1], -LIMIT, LIMIT)
    line = product - planted.state[known].ravel()
    lines = np.column_stack([np.ones(len(line)), *scaled])
    coefficients, *_ = np.linalg.lstsq(lines, line, rcond=None)
    np.testing.assert_allclose(lines @ coefficients, line, atol=1e-9)
    assert not planted.state[:SLOW].any()


def test_what_comes_later_changes_neither_prices_nor_states_but_for_what_is_usual(close, monkeypatch):
    usual = planted_prices._Usual(np.array([0.0, 0.9]), np.array([0.3, 0.4]), np.array([-0.1, 0.05, 0.0]))
    monkeypatch.setattr(planted_prices._Usual, "of", lambda _: usual)
    cut = 700
    other = close.copy()
    other.iloc[cut + 1 :] *= np.linspace(1.1, 2.0, N_BARS - cut - 1)[:, None]
    first, second = (plant(prices, 0.3) for prices in (close, other))
    pd.testing.assert_frame_equal(first.close[: cut + 1], second.close[: cut + 1])
    np.testing.assert_array_equal(first.state[: cut + 1], second.state[: cut + 1])
    assert (first.state[cut + 1 :] != second.state[cut + 1 :]).any()


def test_of_real_prices_neither_feature_says_anything_of_the_state_nor_does_a_sum(close):
    unmoved = plant(close, 0.0)
    inside = slice(SLOW, None)
    lines = np.column_stack([np.ones(unmoved.state[inside].size), *(own[inside].ravel() for own in features(unmoved))])
    state = unmoved.state[inside].ravel()
    said, *_ = np.linalg.lstsq(lines, state, rcond=None)
    assert np.abs(lines @ said).max() < 1e-9
    assert state.std() > 0.5


def test_the_next_return_is_moved_by_the_state(close):
    planted = plant(close, 0.3)
    added = np.diff(np.log(planted.close.to_numpy()), axis=0) - np.diff(np.log(close.to_numpy()), axis=0)
    inside = slice(SLOW, N_BARS - 1)
    assert np.corrcoef(planted.state[inside].ravel(), added[inside].ravel())[0, 1] > 0.95


def test_the_oracle_earns_what_the_project_would_say_of_its_positions(planted):
    bars = np.arange(300, 900)
    earned = oracle(planted, bars, COST_BPS)
    moves = planted.close.pct_change().shift(-1).to_numpy()[bars]
    held = np.where(planted.state[bars] > 0, 0.25, 0.0)
    flat = np.full(held.shape, 0.25)
    ours, whole = (
        Returns(*returns, span=None) for returns in (_traded(held, moves, COST_BPS), _traded(flat, moves, COST_BPS))
    )
    assert sharpe(earned, BARS_PER_YEAR) == pytest.approx(active_metrics(ours, whole)["active_sharpe"])


def _traded(weights, moves, cost_bps):
    from trading_hpo.backtest.returns import net_returns

    net, turnover, exposure = net_returns(weights, moves, cost_bps)
    return net, BARS_PER_YEAR, turnover, exposure


def test_each_range_of_bars_is_traded_by_itself(planted):
    first, second = np.arange(300, 500), np.arange(700, 900)
    both = oracle(planted, np.concatenate([first, second]), COST_BPS)
    each = [oracle(planted, bars, COST_BPS) for bars in (first, second)]
    np.testing.assert_array_equal(both, np.concatenate(each))


def test_the_strength_is_the_one_that_gives_the_oracle_its_ratio(close):
    bars = np.arange(300, 900)
    found = strength_for(close, 2.0, bars, COST_BPS)
    assert oracle_sharpe(found, bars, COST_BPS) == pytest.approx(2.0, abs=0.1)
    weaker = plant(close, found.strength - 0.02)
    assert oracle_sharpe(weaker, bars, COST_BPS) < 2.0
