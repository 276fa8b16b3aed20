"""Tests of White and of Hansen: a slow twin, another library, laws; calibrated in test_calibration_of_verdicts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_hpo.overfitting.reality_check import reality_check, standard_error, superior_predictive_ability
from trading_hpo.overfitting.resampled_means import deviations
from trading_hpo.overfitting.stationary_bootstrap import resamples

LENGTH = 4.0
few = settings(deadline=None, max_examples=50)


@st.composite
def strategies(draw):
    """Returns of some strategies on 60 bars."""
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    active = random.normal(draw(st.sampled_from([-0.3, 0.0, 0.2])), 1.0, (draw(st.integers(1, 8)), 60))
    active[0] += draw(st.sampled_from([-2.0, 0.0, 0.3]))
    return active


def a_few(n_bars=300):
    """Eight strategies of which one is good, one poor, one poor and volatile; they follow themselves."""
    random = np.random.default_rng(7)
    steps = random.normal(0.0, 0.01, (8, n_bars + 1))
    active = steps[:, 1:] + 0.4 * steps[:, :-1]
    active[1] += 0.001
    active[2] -= 0.002
    active[3] = 3 * active[3] - 0.012
    return active


def long_run_variance(series, length):
    """Return Hansen's omega squared as he writes it: a sum over lags."""
    n_bars = len(series)
    centred, stay = series - series.mean(), 1 - 1 / length
    total = centred @ centred / n_bars
    for lag in range(1, n_bars):
        weight = (n_bars - lag) / n_bars * stay**lag + lag / n_bars * stay ** (n_bars - lag)
        total += 2 * weight * (centred[lag:] @ centred[:-lag]) / n_bars
    return total


def hansen(active, length, n_draws):
    """Return his three p-values draw by draw, as he writes them."""
    n_bars = active.shape[1]
    mean = active.mean(axis=1)
    omega = np.sqrt([long_run_variance(one, length) for one in active])
    observed = max(0.0, (np.sqrt(n_bars) * mean / omega).max())
    bound = -omega / np.sqrt(n_bars) * np.sqrt(2 * np.log(np.log(n_bars)))
    kept = {"lower": np.maximum(mean, 0), "consistent": mean * (mean >= bound), "upper": mean}
    reached = dict.fromkeys(kept, 0)
    for bars in resamples(n_bars, length, n_draws, seed=1):
        drawn = active[:, bars].mean(axis=1)
        for name, centre in kept.items():
            reached[name] += max(0.0, (np.sqrt(n_bars) * (drawn - centre) / omega).max()) >= observed
    return {name: count / n_draws for name, count in reached.items()}


@pytest.mark.parametrize("length", [1.0, 4.0, 60.0])
def test_the_standard_error_is_hansens_sum_over_lags_and_that_of_many_draws(length):
    active = a_few()
    expected = [np.sqrt(long_run_variance(one, length) / 300) for one in active]
    assert standard_error(active, length) == pytest.approx(expected)
    assert deviations(active, length, 4000).std(axis=0) == pytest.approx(expected, rel=0.05)


def test_hansens_p_values_are_those_of_drawing_one_by_one():
    active = a_few()
    found, expected = superior_predictive_ability(active, LENGTH, 4000), hansen(active, LENGTH, 4000)
    assert found.lower == pytest.approx(expected["lower"], abs=0.02)
    assert found.consistent == pytest.approx(expected["consistent"], abs=0.02)
    assert found.upper == pytest.approx(expected["upper"], abs=0.02)
    assert found.lower + 0.02 < found.consistent < found.upper - 0.02  # or a mix-up would pass


def test_the_reality_check_is_what_arch_calls_the_upper_p_value_unstudentised():
    from arch.bootstrap import SPA

    active = a_few()[[0, 1, 2, 4, 5, 6, 7]]
    theirs = SPA(np.zeros(300), -active.T, block_size=4, reps=2000, studentize=False, seed=1)
    theirs.compute()
    assert reality_check(active, LENGTH, 2000) == pytest.approx(theirs.pvalues["upper"], abs=0.03)
    assert 0.05 < theirs.pvalues["upper"] < 0.95


def test_one_poor_and_volatile_strategy_hides_a_good_one_from_the_reality_check_alone():
    random = np.random.default_rng(0)
    active = random.normal(0.0, 0.01, (10, 500))
    active[4] += 0.002
    with_poor = np.concatenate([active, random.normal(-0.05, 0.3, (1, 500))])
    assert reality_check(active, 2.0) < 0.01
    assert reality_check(with_poor, 2.0) > 0.3
    assert superior_predictive_ability(with_poor, 2.0).consistent < 0.01


@few
@given(active=strategies())
def test_the_three_p_values_are_in_order(active):
    found = superior_predictive_ability(active, LENGTH, 199)
    assert 0 < found.lower <= found.consistent <= found.upper <= 1
    assert 0 < reality_check(active, LENGTH, 199) <= 1


@few
@given(active=strategies(), order=st.randoms(use_true_random=False))
def test_the_order_of_the_strategies_does_not_matter(active, order):
    places = list(range(len(active)))
    order.shuffle(places)
    assert reality_check(active[places], LENGTH, 199) == pytest.approx(reality_check(active, LENGTH, 199))
    one, other = (superior_predictive_ability(each, LENGTH, 199) for each in (active, active[places]))
    assert other.consistent == pytest.approx(one.consistent)


@few
@given(active=strategies(), scales=st.lists(st.sampled_from([1e-4, 0.5, 20.0]), min_size=8, max_size=8))
def test_hansens_test_does_not_depend_on_the_scale_of_each_strategy(active, scales):
    scaled = active * np.array(scales[: len(active)])[:, None]
    one, other = (superior_predictive_ability(each, LENGTH, 199) for each in (active, scaled))
    assert (other.lower, other.consistent, other.upper) == pytest.approx((one.lower, one.consistent, one.upper))


@few
@given(active=strategies(), n_poor=st.integers(1, 20))
def test_strategies_that_are_surely_poor_change_the_upper_bound_only(active, n_poor):
    poor = np.random.default_rng(n_poor).normal(-9.0, 1.0, (n_poor, 60))
    one, other = (superior_predictive_ability(each, LENGTH, 199) for each in (active, np.concatenate([active, poor])))
    assert (other.lower, other.consistent) == (one.lower, one.consistent)
    assert other.upper >= one.upper


@few
@given(active=strategies(), more=st.floats(0.0, 1.0))
def test_a_better_best_strategy_never_has_a_larger_p_value(active, more):
    better = active.copy()
    better[active.mean(axis=1).argmax()] += more
    assert reality_check(better, LENGTH, 199) <= reality_check(active, LENGTH, 199)


def test_where_none_is_above_the_benchmark_there_is_nothing_to_find():
    active = np.random.default_rng(0).normal(size=(5, 60))
    found = superior_predictive_ability(active - active.mean(axis=1, keepdims=True) - 0.1, LENGTH, 199)
    assert found.lower == found.consistent == found.upper == 1


def test_strategies_that_never_differ_from_the_benchmark_show_no_skill():
    still = np.zeros((3, 60))
    assert reality_check(still, LENGTH, 199) == superior_predictive_ability(still, LENGTH, 199).upper == 1
    active = np.random.default_rng(0).normal(0.2, 1.0, (4, 60))
    with_still = np.concatenate([active, still])
    assert superior_predictive_ability(with_still, LENGTH, 199) == superior_predictive_ability(active, LENGTH, 199)


@pytest.mark.parametrize("test", [reality_check, superior_predictive_ability])
def test_what_cannot_be_drawn_is_refused(test):
    with pytest.raises(ValueError, match="mean_length must be 1 to 12 for 60 bars, got 13"):
        test(np.zeros((2, 60)), 13)
    with pytest.raises(ValueError, match="values must be finite, got 1 of 60"):
        test(np.where(np.arange(60) == 3, np.nan, 0.1)[None], LENGTH)
