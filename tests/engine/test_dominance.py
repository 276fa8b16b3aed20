import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trading_hpo.engine.dominance import by_weights, front_numbers, is_among_best, oriented, spread_out

POINTS = st.integers(1, 3).flatmap(
    lambda m: arrays(np.float64, st.integers(1, 25).map(lambda n: (n, m)), elements=st.integers(0, 6).map(float))
)


def beats(one, other):
    return bool((one <= other).all() and (one < other).any())


@given(points=POINTS)
def test_front_zero_is_what_optuna_calls_the_best_trials(points):
    study = optuna.create_study(directions=["minimize"] * points.shape[1])
    for point in points:
        study.add_trial(optuna.trial.create_trial(values=list(point)))
    if points.shape[1] > 1:
        best = {trial.number for trial in study.best_trials}
    else:
        best = {t.number for t in study.trials if t.value == study.best_value}
    assert set(np.flatnonzero(front_numbers(points) == 0).tolist()) == best


@given(points=POINTS)
def test_every_front_is_beaten_by_the_one_before_and_not_by_itself(points):
    number = front_numbers(points)
    for place, own in enumerate(number):
        rivals = [points[other] for other in np.flatnonzero(number == own)]
        assert not any(beats(rival, points[place]) for rival in rivals)
        if own > 0:
            assert any(beats(points[other], points[place]) for other in np.flatnonzero(number == own - 1))


@given(points=POINTS)
def test_a_spread_order_takes_every_point_once_and_the_best_of_each_objective_first(points):
    order = spread_out(points)
    assert sorted(order) == list(range(len(points)))
    firsts = points[order[: points.shape[1]]]
    for column in range(points.shape[1]):
        assert points[:, column].min() in firsts[:, column]


@given(points=POINTS, kept=st.integers(1, 25))
def test_so_many_are_among_the_best_and_equals_with_them(points, kept):
    chosen = [is_among_best(points, place, kept) for place in range(len(points))]
    assert sum(chosen) >= min(kept, len(points))
    distinct = {tuple(points[place]) for place in np.flatnonzero(chosen)}
    assert len(distinct) <= kept
    number = front_numbers(points)
    assert max(number[chosen]) <= min(number[~np.array(chosen)], default=99)


def test_one_objective_keeps_the_best_values():
    points = oriented([[0.3], [0.9], [0.5], [0.1]], ["maximize"])
    assert [is_among_best(points, place, 2) for place in range(4)] == [False, True, True, False]


def test_both_ends_of_a_front_are_kept_before_its_middle():
    points = np.array([[0.0, 9.0], [5.0, 4.9], [9.0, 0.0], [4.9, 5.0]])
    assert [is_among_best(points, place, 2) for place in range(4)] == [True, False, True, False]


@pytest.mark.parametrize(("weights", "place"), [((9, 1), 0), ((1, 9), 2), ((1, 1), 1)])
def test_weights_choose_an_end_or_the_middle_whatever_the_units(weights, place):
    points = np.array([[0.0, 1000.0], [0.3, 300.0], [1.0, 0.0]])
    assert by_weights(points, weights).argmin() == place


@given(points=POINTS, scale=st.floats(0.01, 100))
def test_the_choice_does_not_depend_on_units_and_lies_on_the_first_front(points, scale):
    weights = np.arange(1, points.shape[1] + 1)
    sums, scaled = by_weights(points, weights), by_weights(points * scale, weights)
    np.testing.assert_allclose(sums, scaled, rtol=1e-6, atol=1e-9)
    assert front_numbers(points)[sums.argmin()] == 0 or np.isclose(sums[front_numbers(points) == 0].min(), sums.min())
