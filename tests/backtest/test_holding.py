"""Target positions are held over a horizon and share the capital: a slow twin, and what no configuration may do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trading_hpo.backtest.holding import held_over
from trading_hpo.backtest.shares import equal_shares

laws = settings(deadline=None, max_examples=100)


@st.composite
def cases(draw):
    shape = draw(st.integers(1, 25)), draw(st.integers(1, 4))
    targets = draw(arrays(float, shape, elements=st.floats(-1, 1, width=16)))
    own = draw(st.one_of(arrays(bool, shape), st.just(np.ones(shape, dtype=bool))))
    known = own & draw(st.one_of(arrays(bool, shape), st.just(np.ones(shape, dtype=bool))))
    return targets, known, own, draw(st.integers(1, 30))


def slow_held(targets, known, own, horizon_bars):
    held = np.zeros(targets.shape)
    for bar, asset in zip(*np.nonzero(known), strict=True):
        since = np.flatnonzero(own[: bar + 1, asset])[-horizon_bars:]
        held[bar, asset] = targets[since, asset][known[since, asset]].mean()
    return held


@laws
@given(cases())
def test_held_positions_are_those_of_a_slow_twin(case):
    np.testing.assert_allclose(held_over(*case), slow_held(*case), atol=1e-12)


@laws
@given(cases())
def test_gross_exposure_never_exceeds_the_capital(case):
    assert np.abs(equal_shares(held_over(*case), case[1])).sum(axis=1).max() <= 1 + 1e-12


@laws
@given(cases())
def test_nothing_is_held_without_a_target(case):
    assert (held_over(*case)[~case[1]] == 0).all()


@laws
@given(cases())
def test_what_is_held_lies_between_the_least_and_the_largest_target(case):
    held, targets = held_over(*case), np.where(case[1], case[0], 0.0)
    assert held.min() >= targets.min(initial=0) - 1e-12
    assert held.max() <= targets.max(initial=0) + 1e-12


@laws
@given(cases(), st.data())
def test_targets_after_a_bar_do_not_change_what_is_held_up_to_it(case, data):
    targets, known, own, horizon = case
    bar = data.draw(st.integers(0, len(targets) - 1))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    other, other_known = targets.copy(), known.copy()
    other[bar + 1 :] = random.uniform(-1, 1, targets[bar + 1 :].shape)
    other_known[bar + 1 :] = random.random(targets[bar + 1 :].shape) < 0.5
    other_own = own.copy()
    other_own[bar + 1 :] = random.random(targets[bar + 1 :].shape) < 0.5
    before, after = (
        equal_shares(held_over(*those, horizon), those[2])
        for those in ((targets, known, own), (other, other_known, other_own))
    )
    assert before[: bar + 1].tobytes() == after[: bar + 1].tobytes()


@laws
@given(cases(), st.data())
def test_a_target_older_than_the_horizon_is_forgotten(case, data):
    targets, known, own, horizon = case
    bar = data.draw(st.integers(0, len(targets) - 1))
    other = targets.copy()
    other[:bar] = -other[:bar]
    one, two = held_over(targets, known, own, horizon), held_over(other, known, own, horizon)
    later = np.cumsum(own, axis=0) - np.cumsum(own, axis=0)[max(bar - 1, 0)] * (bar > 0) >= horizon
    np.testing.assert_allclose(one[later], two[later], atol=1e-12)


@laws
@given(cases())
def test_the_inputs_are_left_as_they_are(case):
    targets, known = case[0].copy(), case[1].copy()
    equal_shares(held_over(*case), case[1])
    np.testing.assert_array_equal(case[0], targets)
    np.testing.assert_array_equal(case[1], known)


def test_one_target_is_held_for_its_horizon_at_its_share():
    targets = np.zeros((8, 1))
    targets[3] = 1.0
    held = held_over(targets, *2 * [np.ones((8, 1), dtype=bool)], 3)
    np.testing.assert_allclose(held[:, 0], [0, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0, 0])


def test_bars_without_a_target_are_left_out_of_the_mean():
    targets, known = np.array([[1.0], [0], [1], [0]]), np.array([[True], [False], [True], [True]])
    np.testing.assert_allclose(held_over(targets, known, np.ones_like(known), 3)[:, 0], [1, 0, 1, 1 / 2])
    np.testing.assert_allclose(held_over(targets, known, known, 2)[:, 0], [1, 0, 1, 1 / 2])


@pytest.mark.parametrize("horizon", [5, 6, 50])
def test_a_horizon_as_long_as_the_data_is_the_mean_of_all_targets_so_far(horizon):
    targets = np.array([[1.0], [0], [1], [1], [0]])
    held = held_over(targets, *2 * [np.ones((5, 1), dtype=bool)], horizon)
    np.testing.assert_allclose(held[:, 0], [1, 1 / 2, 2 / 3, 3 / 4, 3 / 5])


def test_assets_with_a_target_share_the_capital_equally_and_the_flat_ones_stay_in_cash():
    positions, known = np.array([[1.0, 1.0, 0.0, 0.0]]), np.array([[True, True, True, False]])
    np.testing.assert_allclose(equal_shares(positions, known), [[1 / 3, 1 / 3, 0, 0]])


def test_an_asset_that_is_alone_has_all_the_capital_and_where_there_is_none_nothing_is_held():
    positions, alive = np.array([[1.0, 0.0], [0.0, -0.5], [0.0, 0.0]]), np.array([[1, 0], [0, 1], [0, 0]], dtype=bool)
    assert equal_shares(positions, alive).tolist() == positions.tolist()
