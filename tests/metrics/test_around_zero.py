"""scikit-learn is the oracle: R2 of targets and their mirror images is R2 against zero, accuracy that of signs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, r2_score

from trading_hpo.metrics.around_zero import directional_accuracy, r2_zero
from trading_hpo.metrics.metric import NoValue

SERIES = arrays(np.float64, st.integers(2, 40).map(lambda n: (2, n)), elements=st.floats(-5, 5, width=32))


@given(both=SERIES)
def test_r2_zero_is_the_r2_of_rows_whose_mean_is_zero(both):
    target, forecast = both
    if np.abs(target).max() > 1e-3:
        mirrored = r2_score(np.concatenate([target, -target]), np.concatenate([forecast, -forecast]))
        assert r2_zero(target, forecast) == pytest.approx(mirrored, rel=1e-6, abs=1e-6)


@given(both=SERIES, scale=st.floats(0.01, 100))
def test_the_directional_accuracy_is_that_of_signs_whatever_the_unit(both, scale):
    target, forecast = both
    found = directional_accuracy(target, forecast)
    assert found == pytest.approx(accuracy_score(target > 0, forecast > 0))
    assert directional_accuracy(scale * target, forecast / scale) == pytest.approx(found)


def test_a_forecast_of_zero_explains_nothing_and_targets_of_zero_cannot_be_explained():
    assert r2_zero(np.array([0.1, 0.3]), np.zeros(2)) == 0.0
    assert r2_zero(np.array([0.1, 0.3]), np.array([0.1, 0.3])) == 1.0
    assert r2_zero(np.zeros(2), np.ones(2)) == NoValue("every target is 0")
