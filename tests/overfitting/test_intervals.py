"""Intervals of a mean: they hold the truth as often as they say, and agree with the test beside them."""

import numpy as np
import pytest
from tests.overfitting.nulls import active_returns

from trading_hpo.overfitting.intervals import mean_interval


def test_the_truth_is_inside_about_as_often_as_said():
    truth, inside = 0.001, []
    for seed in range(200):
        found = mean_interval(truth + active_returns(seed, "independent", 1, 400)[0], n_draws=199, seed=seed)
        inside.append(found.low <= truth <= found.high)
    assert 0.92 <= np.mean(inside) <= 0.985


def test_an_interval_lies_around_the_mean_and_a_surer_one_is_wider():
    returns = active_returns(1, "factor", 1, 500)[0]
    narrow, wide = (mean_interval(returns, level=level) for level in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.estimate < narrow.high < wide.high
    assert narrow.estimate == pytest.approx(returns.mean())
    assert narrow.p_value == wide.p_value


@pytest.mark.parametrize("seed", range(3))
def test_the_interval_is_above_zero_where_the_test_says_so(seed):
    returns = active_returns(seed, "independent", 1, 500)[0]
    for shift in np.linspace(0, 0.003, 12):
        found = mean_interval(returns + shift, level=0.9, n_draws=999)
        if abs(found.p_value - 0.05) > 0.002:  # else it is between two draws
            assert (found.low > 0) == (found.p_value < 0.05)


def test_a_mean_below_zero_is_not_above_it_and_a_great_one_is():
    returns = active_returns(0, "independent", 1, 500)[0]
    assert mean_interval(returns - 0.01).p_value > 0.99
    assert mean_interval(returns + 0.01).p_value == pytest.approx(1 / 2001)


def test_the_scale_changes_the_interval_alone():
    returns = active_returns(0, "factor", 1, 500)[0]
    one, other = mean_interval(returns), mean_interval(returns * 100)
    assert other.p_value == one.p_value
    assert [other.low, other.estimate, other.high] == pytest.approx([100 * one.low, 100 * one.estimate, 100 * one.high])


@pytest.mark.parametrize(
    ("returns", "at_least_bars"), [(np.zeros(300), 1), (np.full(300, 0.1), 1), (np.zeros(0), 1), (np.ones(1), 1)]
)
def test_what_does_not_vary_has_no_interval(returns, at_least_bars):
    assert mean_interval(returns, at_least_bars) is None


def test_labels_of_more_than_a_fifth_of_the_bars_leave_no_interval():
    returns = active_returns(0, "factor", 1, 100)[0]
    assert mean_interval(returns, 20) is not None
    assert mean_interval(returns, 21) is None


def test_a_return_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="values must be finite, got 1 of 3"):
        mean_interval(np.array([0.1, np.nan, 0.2]))
