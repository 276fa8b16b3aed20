"""A trial's value where bars are validated several times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.splits.paths import mean_over_paths

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12)


@given(VALUES)
def test_with_one_range_per_fold_and_one_path_it_is_the_mean_over_folds_bit_for_bit(values):
    assert mean_over_paths(values, [(0,)] * len(values)) == float(np.mean(values))


@given(VALUES, st.integers(1, 4))
def test_paths_that_see_the_same_folds_change_nothing(values, n_paths):
    paths = [tuple(range(n_paths))] * len(values)
    assert mean_over_paths(values, paths) == pytest.approx(float(np.mean(values)))


def test_a_path_counts_once_however_many_folds_it_has():
    assert mean_over_paths([1.0, 1.0, 1.0, 5.0], [(0,), (0,), (0,), (1,)]) == 3.0


def test_a_fold_counts_in_a_path_once_for_each_of_its_ranges():
    assert mean_over_paths([1.0, 4.0], [(0, 0), (0,)]) == 2.0


def test_a_fold_without_a_value_leaves_none():
    assert mean_over_paths([1.0, None], [(0,), (1,)]) is None


def test_a_value_without_its_paths_is_refused():
    with pytest.raises(ValueError, match="zip"):
        mean_over_paths([1.0, 2.0], [(0,)])
