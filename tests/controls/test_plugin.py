"""The task and the features that only controls have do what their control says of them."""

import numpy as np
import pandas as pd
import pytest
from controls.leaky_features import LEAKY
from controls.shuffled_direction import ShuffledDirection

from trading_hpo.tasks.direction import Direction

N_BARS = 300


def bars(seed=0):
    random = np.random.default_rng(seed)
    stamps = pd.bdate_range("2020-01-01", periods=N_BARS, tz="UTC")
    return pd.DataFrame({"timestamp": stamps, "close": 100 * np.exp(np.cumsum(random.normal(0, 0.01, N_BARS)))})


def test_shuffled_labels_are_the_real_ones_in_another_order():
    real, shuffled = Direction().build(bars()), ShuffledDirection(shuffle_seed=3).build(bars())
    assert np.isnan(shuffled[-1])
    assert np.nansum(shuffled) == np.nansum(real)
    assert 0.3 < np.mean(real[:-1] == shuffled[:-1]) < 0.7
    np.testing.assert_array_equal(Direction().build(bars()), real)  # its memory is not shared


def test_labels_of_one_bar_stay_together_and_another_seed_is_another_order():
    numbers = [bars(seed) for seed in (0, 1)]
    both = np.column_stack([ShuffledDirection(shuffle_seed=3).build(own)[:-1, 0] for own in numbers])
    real = np.column_stack([Direction().build(own)[:-1, 0] for own in numbers])
    order = np.random.default_rng(3).permutation(N_BARS - 1)
    np.testing.assert_array_equal(both, real[order])
    other = ShuffledDirection(shuffle_seed=4).build(bars())[:-1, 0]
    assert (other != both[:, 0]).any()


@pytest.mark.parametrize("name", LEAKY)
def test_a_leaky_feature_changes_with_what_comes_later(name):
    real = bars()
    real.loc[150, "close"] = real.loc[149, "close"]  # one of them takes it for a hole
    other = real.copy()
    cut = 5 if name == "filled_back" else 150  # it knows the future of its first month only
    other.loc[cut + 1 :, "close"] *= np.exp(np.cumsum(np.full(N_BARS - cut - 1, 0.02)))
    first, second = (LEAKY[name](own).to_numpy()[: cut + 1] for own in (real, other))
    assert np.isfinite(first).all()
    assert (first != second).any()
