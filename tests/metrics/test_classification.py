"""scikit-learn is the oracle; what it warns about follows our own docstring."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from trading_hpo.metrics.classification import CLASSIFICATION_METRICS, classification_metrics

random_rows = settings(deadline=None, max_examples=150)


@st.composite
def rows(draw):
    """Draw truths and calls, one class among them often enough."""
    n = draw(st.integers(1, 40))

    def classes():
        kinds = st.one_of(st.booleans(), st.just(True), st.just(False))
        return np.array(draw(st.one_of(st.lists(kinds, min_size=n, max_size=n), constant(n))), dtype=bool)

    return classes(), classes()


def constant(n):
    return st.sampled_from([[False] * n, [True] * n])


@random_rows
@given(rows())
def test_counts_agree_with_scikit_learn_with_ratios_without_a_denominator_at_zero(case):
    truth, called = case
    ours = classification_metrics(truth, called)
    zero = {"zero_division": 0.0}
    assert ours["f1_positive"] == pytest.approx(sk.f1_score(truth, called, **zero))
    assert ours["precision"] == pytest.approx(sk.precision_score(truth, called, **zero))
    assert ours["recall"] == pytest.approx(sk.recall_score(truth, called, **zero))
    assert ours["accuracy"] == pytest.approx(sk.accuracy_score(truth, called))
    assert ours["positive_rate"] == pytest.approx(called.mean())


@random_rows
@given(rows())
def test_mcc_agrees_with_scikit_learn_and_is_zero_for_a_constant(case):
    truth, called = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a confusion table of a single label
        expected = sk.matthews_corrcoef(truth, called)
    ours = classification_metrics(truth, called)["mcc"]
    assert ours == pytest.approx(expected, abs=1e-12)
    if len(set(truth)) == 1 or len(set(called)) == 1:
        assert ours == 0.0


@random_rows
@given(rows())
def test_balanced_accuracy_is_that_of_scikit_learn_where_a_class_is_missing_too(case):
    truth, called = case
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        expected = sk.balanced_accuracy_score(truth, called)
    ours = classification_metrics(truth, called)["balanced_accuracy"]
    assert ours == pytest.approx(expected)
    # Its warning is the one that a called class does not occur; the value is the recall of the class that does.
    assert (not set(called) <= set(truth)) == any(
        "y_pred contains classes not in y_true" in str(warning.message) for warning in warned
    )
    if len(set(truth)) == 1:
        assert ours == pytest.approx((truth == called).mean())


@random_rows
@given(rows())
def test_every_metric_is_a_finite_float_within_its_bounds(case):
    ours = classification_metrics(*case)
    assert tuple(ours) == tuple(CLASSIFICATION_METRICS)
    assert all(type(value) is float and np.isfinite(value) for value in ours.values())
    assert all((-1 if name == "mcc" else 0) <= value <= 1 for name, value in ours.items())


@random_rows
@given(rows())
def test_exchanging_the_classes_keeps_the_mcc(case):
    truth, called = case
    ours, exchanged = classification_metrics(truth, called), classification_metrics(~truth, ~called)
    assert exchanged["mcc"] == pytest.approx(ours["mcc"])


def test_counts_of_a_large_data_set_do_not_overflow():
    truth = np.tile([True, True, False, False], 500_000)
    called = np.tile([True, False, False, False], 500_000)
    # Every quadrant in units of 500,000: tp 1, fn 1, tn 2, fp 0.
    assert classification_metrics(truth, called)["mcc"] == pytest.approx(2 / np.sqrt(12))


def constant_forecast_metrics(truth, majority):
    called = np.full(len(truth), majority)
    return classification_metrics(truth, called)


@pytest.mark.parametrize("majority", [True, False])
def test_a_constant_forecast_knows_nothing(majority):
    truth = np.array([True] * 6 + [False] * 4)
    ours = constant_forecast_metrics(truth, majority)
    assert ours["mcc"] == 0.0
    assert ours["balanced_accuracy"] == 0.5
    assert ours["accuracy"] == (0.6 if majority else 0.4)
    assert ours["positive_rate"] == float(majority)


def test_always_up_scores_a_high_f1_on_a_rising_market():
    truth = np.array([True] * 54 + [False] * 46)
    assert constant_forecast_metrics(truth, True)["f1_positive"] == pytest.approx(0.7013, abs=1e-4)
