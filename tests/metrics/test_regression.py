import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from trading_hpo.metrics.metric import NoValue
from trading_hpo.metrics.regression import REGRESSION_METRICS, composite_accuracy, regression_metrics

SERIES = arrays(np.float64, st.integers(3, 40).map(lambda n: (2, n)), elements=st.floats(-5, 5, width=32))


@given(both=SERIES)
def test_metrics_agree_with_scikit_learn_and_scipy(both):
    target, forecast = both
    found = regression_metrics(target, forecast)
    assert found["mae"] == pytest.approx(mean_absolute_error(target, forecast), abs=1e-9)
    assert found["mse"] == pytest.approx(mean_squared_error(target, forecast), abs=1e-9)
    if np.ptp(target) > 1e-3:
        assert found["r2"] == pytest.approx(r2_score(target, forecast), rel=1e-6, abs=1e-6)
        if np.ptp(forecast) > 1e-3:
            assert found["ic"] == pytest.approx(pearsonr(target, forecast).statistic, abs=1e-6)


def test_what_has_no_meaning_says_why_and_a_constant_forecast_has_no_correlation():
    same = regression_metrics(np.zeros(4), np.arange(4.0))
    assert same["mape"] == NoValue("every target is 0")
    assert same["r2"] == same["ic"] == NoValue("the targets do not vary")
    assert set(same) == set(REGRESSION_METRICS)
    assert regression_metrics(np.arange(4.0), np.full(4, 1.5))["ic"] == 0.0


def test_the_mape_leaves_out_targets_of_zero():
    assert regression_metrics(np.array([0.0, 2.0, -4.0]), np.array([9.0, 1.0, -4.0]))["mape"] == 0.25


@given(accuracy=st.floats(0, 1), r2=st.floats(-1e6, 1), weight=st.floats(0, 1))
def test_the_composite_lies_between_its_parts_and_within_zero_and_one(accuracy, r2, weight):
    near = 1 / (2 - r2)
    assert 0 <= near <= 1
    found = composite_accuracy(accuracy, r2, weight)
    assert min(accuracy, near) - 1e-9 <= found <= max(accuracy, near) + 1e-9
