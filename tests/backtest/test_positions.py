"""Calls become weights: a slow twin, and what no configuration may do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.backtest.positions import signal_weights

laws = settings(deadline=None, max_examples=100)
KINDS = ("direction", "forward_return", "volatility")
BOTH = ("long_flat", "long_short")


@st.composite
def calls(draw):
    n_bars, n_assets = draw(st.integers(1, 25)), draw(st.integers(1, 4))
    grid = st.lists(st.lists(st.booleans(), min_size=n_assets, max_size=n_assets), min_size=n_bars, max_size=n_bars)
    known = np.array(draw(st.one_of(grid, st.just(np.ones((n_bars, n_assets))))), dtype=bool)
    config = BacktestConfig(positions=draw(st.sampled_from(BOTH)))
    return np.array(draw(grid), dtype=bool), known, config, draw(st.integers(1, 30)), draw(st.sampled_from(KINDS))


def exposure(up, positions, label_kind):
    """What one call asks for, as a truth table."""
    return {
        ("volatility", True): 0.5,
        ("volatility", False): 1.0,
        ("long_flat", True): 1.0,
        ("long_flat", False): 0.0,
        ("long_short", True): 1.0,
        ("long_short", False): -1.0,
    }[("volatility" if label_kind == "volatility" else positions, bool(up))]


def slow_weights(up, known, config, horizon_bars, label_kind):
    weights = np.zeros(up.shape)
    for bar in range(up.shape[0]):
        for asset in range(up.shape[1]):
            if known[bar, asset]:
                held = [
                    exposure(up[call, asset], config.positions, label_kind)
                    for call in range(max(0, bar - horizon_bars + 1), bar + 1)
                    if known[call, asset]
                ]
                weights[bar, asset] = sum(held) / len(held) / known[bar].sum()
    return weights


@laws
@given(calls())
def test_weights_are_those_of_a_slow_twin(case):
    np.testing.assert_allclose(signal_weights(*case), slow_weights(*case), atol=1e-12)


@laws
@given(calls())
def test_gross_exposure_never_exceeds_the_capital(case):
    assert np.abs(signal_weights(*case)).sum(axis=1).max() <= 1 + 1e-12


@laws
@given(calls())
def test_nothing_is_held_without_a_call(case):
    assert (signal_weights(*case)[~case[1]] == 0).all()


@laws
@given(calls())
def test_long_flat_and_volatility_never_sell_short(case):
    up, known, _, horizon, kind = case
    assert signal_weights(up, known, BacktestConfig(positions="long_flat"), horizon, kind).min() >= 0
    assert signal_weights(up, known, BacktestConfig(positions="long_short"), horizon, "volatility").min() >= 0


@laws
@given(calls(), st.data())
def test_calls_after_a_bar_do_not_change_the_weights_up_to_it(case, data):
    up, known, *rest = case
    bar = data.draw(st.integers(0, len(up) - 1))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    other_up, other_known = up.copy(), known.copy()
    other_up[bar + 1 :] = random.random(up[bar + 1 :].shape) < 0.5
    other_known[bar + 1 :] = random.random(up[bar + 1 :].shape) < 0.5
    before = signal_weights(up, known, *rest)[: bar + 1]
    assert before.tobytes() == signal_weights(other_up, other_known, *rest)[: bar + 1].tobytes()


@laws
@given(calls(), st.data())
def test_a_call_older_than_the_horizon_is_forgotten(case, data):
    up, known, config, horizon, kind = case
    bar = data.draw(st.integers(0, len(up) - 1))
    other = up.copy()
    other[:bar] = ~other[:bar]
    later = slice(bar + horizon - 1, None)
    np.testing.assert_allclose(
        signal_weights(up, known, config, horizon, kind)[later],
        signal_weights(other, known, config, horizon, kind)[later],
        atol=1e-12,
    )


@laws
@given(calls())
def test_the_inputs_are_left_as_they_are(case):
    up, known, *rest = case
    kept_up, kept_known = up.copy(), known.copy()
    signal_weights(up, known, *rest)
    assert (up == kept_up).all()
    assert (known == kept_known).all()


@pytest.mark.parametrize(
    ("kind", "positions", "up", "weight"),
    [
        ("direction", "long_flat", True, 1.0),
        ("direction", "long_flat", False, 0.0),
        ("direction", "long_short", True, 1.0),
        ("direction", "long_short", False, -1.0),
        ("forward_return", "long_flat", True, 1.0),
        ("forward_return", "long_short", False, -1.0),
        ("volatility", "long_flat", True, 0.5),
        ("volatility", "long_flat", False, 1.0),
        ("volatility", "long_short", False, 1.0),
    ],
)
def test_one_asset_and_one_bar_hold_the_call_itself(kind, positions, up, weight):
    grid = np.array([[up]])
    config = BacktestConfig(positions=positions)
    assert signal_weights(grid, np.ones_like(grid), config, 1, kind).tolist() == [[weight]]


def test_assets_with_a_call_share_the_capital_equally_and_those_called_down_stay_in_cash():
    up = np.array([[True, True, False, True]])
    known = np.array([[True, True, True, False]])
    weights = signal_weights(up, known, BacktestConfig(), 1, "direction")
    np.testing.assert_allclose(weights, [[1 / 3, 1 / 3, 0, 0]])


def test_one_call_up_among_calls_down_is_held_for_its_horizon_at_its_share():
    up = np.zeros((8, 1), dtype=bool)
    up[3] = True
    weights = signal_weights(up, np.ones_like(up), BacktestConfig(), 3, "direction")
    np.testing.assert_allclose(weights[:, 0], [0, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0, 0])


def test_calls_of_bars_without_one_are_left_out_of_the_mean():
    up = np.array([[True], [False], [True], [False]])
    known = np.array([[True], [False], [True], [True]])
    weights = signal_weights(up, known, BacktestConfig(), 3, "direction")
    np.testing.assert_allclose(weights[:, 0], [1, 0, 1, 1 / 2])


@pytest.mark.parametrize("horizon", [5, 6, 50])
def test_a_horizon_as_long_as_the_data_is_the_mean_of_all_calls_so_far(horizon):
    up = np.array([[True], [False], [True], [True], [False]])
    weights = signal_weights(up, np.ones_like(up), BacktestConfig(), horizon, "direction")
    np.testing.assert_allclose(weights[:, 0], [1, 1 / 2, 2 / 3, 3 / 4, 3 / 5])
