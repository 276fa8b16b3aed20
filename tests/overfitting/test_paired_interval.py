import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from trading_hpo.overfitting.paired_interval import paired_interval


def test_of_independent_pairs_it_is_students() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1.0, 12)
    found = paired_interval(differences, float(differences.mean()))
    expected = ttest_1samp(differences, 0.0).confidence_interval(0.90)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.p_value == pytest.approx(ttest_1samp(differences, 0.0, alternative="greater").pvalue)


def test_what_is_estimated_and_what_is_compared_besides_make_it_wider() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1.0, 12)
    widths = []
    for n_estimated, n_compared in ((0, 1), (4, 1), (4, 4)):
        found = paired_interval(differences, 0.3, n_estimated, n_compared)
        assert found is not None
        assert (found.low + found.high) / 2 == pytest.approx(0.3)
        widths.append(found.high - found.low)
    assert widths == sorted(widths)
    assert len(set(widths)) == 3


@given(st.floats(-5, 5), st.integers(1, 6))
def test_above_zero_and_a_small_p_value_are_the_same(shift: float, n_compared: int) -> None:
    differences = np.random.default_rng(1).normal(0, 1, 8) + shift
    found = paired_interval(differences, float(differences.mean()), n_compared=n_compared)
    assert found is not None
    assert (found.low > 0) == (found.p_value < 0.05)


@pytest.mark.parametrize("differences", [np.zeros(8), np.array([0.5]), np.array([])])
def test_pairs_that_do_not_vary_and_single_ones_have_none(differences: np.ndarray) -> None:
    assert paired_interval(differences, 0.0) is None


def test_a_value_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="must be finite"):
        paired_interval(np.array([0.1, np.nan, 0.2]), 0.1)


def test_luck_alone_is_above_zero_as_often_as_it_may() -> None:
    """Four folds of eight blocks, whose scores have their fold's mean taken out as pseudo-values have in part."""
    random, n_above, n_draws = np.random.default_rng(0), 0, 4000
    for _ in range(n_draws):
        blocks = random.normal(size=(4, 4, 8))  # networks, folds, blocks
        found = [paired_interval(own.ravel(), float(own.mean()), 4, n_compared=4) for own in blocks]
        n_above += any(one is not None and one.low > 0 for one in found)
    assert n_above / n_draws < 0.055
