import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error

from trading_hpo.metrics.metric import NoValue, Targets
from trading_hpo.metrics.regression import REGRESSION_METRICS, composite_accuracy, regression_metrics
from trading_hpo.tasks.task import Forecast

SERIES = arrays(np.float64, st.integers(3, 40).map(lambda n: (2, n)), elements=st.floats(-5, 5, width=32))


@given(both=SERIES)
def test_metrics_agree_with_scikit_learn_and_scipy(both):
    target, forecast = both
    found = regression_metrics(target, forecast)
    assert tuple(found) == tuple(REGRESSION_METRICS)
    assert found["mae"] == pytest.approx(mean_absolute_error(target, forecast), abs=1e-9)
    assert found["mse"] == pytest.approx(mean_squared_error(target, forecast), abs=1e-9)
    assert found["rmse"] == pytest.approx(root_mean_squared_error(target, forecast), abs=1e-9)
    if np.ptp(target) > 1e-3:
        assert found["r2"] == pytest.approx(r2_score(target, forecast), rel=1e-6, abs=1e-6)
        if np.ptp(forecast) > 1e-3:
            assert found["ic"] == pytest.approx(pearsonr(target, forecast).statistic, abs=1e-6)


@given(both=SERIES, unit=st.floats(0.01, 100))
def test_another_unit_scales_errors_and_keeps_ratios(both, unit):
    target, forecast = both
    one, other = regression_metrics(target, forecast), regression_metrics(unit * target, unit * forecast)
    assert other["mae"] == pytest.approx(unit * one["mae"])
    assert other["rmse"] == pytest.approx(unit * one["rmse"])
    if np.ptp(target) > 1e-3 and np.ptp(forecast) > 1e-3:
        assert other["r2"] == pytest.approx(one["r2"], rel=1e-6, abs=1e-6)
        assert other["ic"] == pytest.approx(one["ic"], abs=1e-6)


def test_what_has_no_meaning_says_why_and_a_constant_forecast_has_no_correlation():
    same = regression_metrics(np.zeros(4), np.arange(4.0))
    assert same["r2"] == same["ic"] == NoValue("the targets do not vary")
    assert regression_metrics(np.arange(4.0), np.full(4, 1.5))["ic"] == 0.0


def test_of_a_class_and_a_return_the_return_is_the_number():
    both = np.array([[1.0, 0.03], [0.0, -0.01]])
    said = Forecast(np.zeros(2), probability=np.array([0.9, 0.2]), values=np.array([[9.0, 0.02], [9.0, -0.02]]))
    compute = REGRESSION_METRICS["mae"].compute
    assert compute(said, Targets(both, both[:, 0] > 0, slice(1, 2)), None, None)["mae"] == pytest.approx(0.01)
    alone = Forecast(np.zeros(2), probability=np.array([0.9, 0.2]))
    assert compute(alone, Targets(both, both[:, 0] > 0), None, None)["mae"] == pytest.approx(0.15)


@given(accuracy=st.floats(0, 1), r2=st.floats(-1e6, 1), weight=st.floats(0, 1))
def test_the_composite_lies_between_its_parts_and_within_zero_and_one(accuracy, r2, weight):
    near = 1 / (2 - r2)
    assert 0 <= near <= 1
    found = composite_accuracy(accuracy, r2, weight)
    assert min(accuracy, near) - 1e-9 <= found <= max(accuracy, near) + 1e-9
