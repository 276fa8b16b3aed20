"""How many of many trials differ: planted clusters, trials that have nothing in common, copies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_hpo.overfitting.effective_trials import effective_trials

few = settings(deadline=None, max_examples=40)


def clustered(seed, sizes, correlation, n_bars=1000):
    random = np.random.default_rng(seed)
    common = np.repeat(random.normal(size=(len(sizes), n_bars)), sizes, axis=0)
    return np.sqrt(correlation) * common + np.sqrt(1 - correlation) * random.normal(size=common.shape)


@pytest.mark.parametrize("sizes", [[20], [4] * 5, [10] * 10, [3] * 30, [20, 10, 5, 3, 2, 1, 1, 1, 1, 1]])
@pytest.mark.parametrize("correlation", [0.65, 0.9])
def test_planted_clusters_are_counted(sizes, correlation):
    assert effective_trials(clustered(0, sizes, correlation)) == len(sizes)


@pytest.mark.parametrize("n_trials", [1, 2, 20, 200])
def test_trials_with_nothing_in_common_are_as_many_as_they_are(n_trials):
    assert effective_trials(np.random.default_rng(n_trials).normal(size=(n_trials, 500))) == n_trials


def test_opposite_trials_are_two():
    one = np.random.default_rng(0).normal(size=300)
    assert effective_trials(np.stack([one, -one])) == 2


def test_a_chain_of_trials_is_no_cluster():
    parts = np.random.default_rng(0).normal(size=(4, 2000))
    chain = np.stack([parts[0] + 2 * parts[1], 2 * parts[1] + 2 * parts[2], 2 * parts[2] + parts[3]])
    alike = np.corrcoef(chain)
    assert min(alike[0, 1], alike[1, 2]) > 0.55
    assert effective_trials(chain) == 2  # the ends have nothing in common


@few
@given(seed=st.integers(0, 500), copies=st.integers(1, 9))
def test_copies_are_one_trial(seed, copies):
    one = np.random.default_rng(seed).normal(size=(1, 50))
    assert effective_trials(np.repeat(one, copies, axis=0) * np.arange(1, copies + 1)[:, None]) == 1


@few
@given(seed=st.integers(0, 500), correlation=st.floats(0, 0.95), order=st.randoms(use_true_random=False))
def test_the_order_of_the_trials_does_not_matter(seed, correlation, order):
    series = clustered(seed, [1, 2, 3], correlation, n_bars=60)
    places = list(range(6))
    order.shuffle(places)
    found = effective_trials(series)
    assert 1 <= found <= 6
    assert effective_trials(series[places]) == found


def test_what_does_not_vary_is_left_out():
    series = np.random.default_rng(0).normal(size=(3, 100))
    assert effective_trials(np.concatenate([series, np.zeros((4, 100)), np.full((1, 100), 0.1)])) == 3
    assert effective_trials(np.zeros((4, 100))) == 1


def test_what_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="values must be finite, got 1 of 4"):
        effective_trials(np.array([[0.1, np.nan], [0.2, 0.1]]))
