"""scikit-learn is the oracle, on prices that are built one step after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mean_absolute_percentage_error

from trading_hpo.metrics.metric import NoValue
from trading_hpo.metrics.price_path import mape

STEPS = st.tuples(st.integers(1, 12), st.integers(1, 5))
MOVES = STEPS.flatmap(lambda shape: arrays(np.float64, (2, *shape), elements=st.floats(-0.5, 0.5, width=32)))


def prices(moves):
    """One step after the other, from a price of 100."""
    paths = []
    for row in moves:
        path = [100.0]
        for move in row:
            path.append(path[-1] * (1 + move))
        paths.append(path[1:])
    return paths


@given(both=MOVES)
def test_it_is_the_mape_of_the_prices(both):
    expected = mean_absolute_percentage_error(*(np.ravel(prices(moves)) for moves in both))
    assert mape(*both) == pytest.approx(expected)


def test_of_one_return_it_is_the_error_of_the_price_at_its_end():
    assert mape(np.array([[0.25]]), np.array([[0.0]])) == pytest.approx(0.25 / 1.25)


def test_of_a_price_that_falls_to_nothing_there_is_no_share():
    assert mape(np.array([[-1.0]]), np.array([[0.0]])) == NoValue("a price falls to 0")
