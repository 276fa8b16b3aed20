"""A range as the interval from 0 to 1, and back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from trading_hpo.engine.samplers.unit_interval import from_unit, to_unit

DISTRIBUTIONS = [
    FloatDistribution(-1.5, 2.0),
    FloatDistribution(1e-6, 1e-1, log=True),
    FloatDistribution(0.0, 1.0, step=0.1),
    FloatDistribution(0.3, 0.3),
    IntDistribution(1, 1),
    IntDistribution(2, 11),
    IntDistribution(32, 256, step=32),
    IntDistribution(1, 512, log=True),
    CategoricalDistribution([True, False]),
    CategoricalDistribution(["a", "b", "c"]),
]
PLACES = st.floats(0, 1)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
@given(u=PLACES)
def test_every_place_gives_a_value_of_the_range_and_the_value_its_place(distribution, u):
    value = from_unit(distribution, u)
    assert distribution._contains(distribution.to_internal_repr(value))
    again = from_unit(distribution, to_unit(distribution, value))
    assert again == pytest.approx(value) if isinstance(value, float) else again == value


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
@given(pair=st.tuples(PLACES, PLACES).map(sorted))
def test_a_higher_place_never_gives_a_lower_number(distribution, pair):
    if isinstance(distribution, CategoricalDistribution):
        return
    low, high = (from_unit(distribution, u) for u in pair)
    assert low <= high


@pytest.mark.parametrize("distribution", [IntDistribution(2, 11), IntDistribution(32, 256, step=32)], ids=str)
def test_whole_numbers_have_equal_shares(distribution):
    drawn = [from_unit(distribution, u) for u in (np.arange(8000) + 0.5) / 8000]
    counts = np.unique(drawn, return_counts=True)[1]
    assert counts.min() == counts.max()


def test_a_logarithmic_range_is_even_in_the_logarithm():
    assert from_unit(FloatDistribution(1e-6, 1e-2, log=True), 0.25) == pytest.approx(1e-5)
    halves = [from_unit(IntDistribution(1, 512, log=True), u) for u in (np.arange(1000) + 0.5) / 1000]
    middle = math.sqrt(0.5 * 512.5)
    assert np.mean(np.array(halves) < middle) == pytest.approx(0.5, abs=0.05)


def test_places_beyond_the_ends_give_the_ends():
    assert from_unit(IntDistribution(2, 11), -0.5) == 2
    assert from_unit(IntDistribution(2, 11), 1.5) == 11
