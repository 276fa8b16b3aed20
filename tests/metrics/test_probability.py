"""scikit-learn is the oracle."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sk_log_loss

from trading_hpo.metrics.probability import brier, log_loss

PAIRS = st.lists(st.tuples(st.booleans(), st.floats(0, 1, width=32)), min_size=1, max_size=40)


@settings(deadline=None, max_examples=150)
@given(pairs=PAIRS, kind=st.sampled_from(["f4", "f8"]))
def test_both_agree_with_scikit_learn_where_a_probability_is_0_or_1_too(pairs, kind):
    truth, probability = np.array([own for own, _ in pairs]), np.array([own for _, own in pairs], dtype=kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = sk_log_loss(truth, probability, labels=[False, True])
    assert log_loss(truth, probability) == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert brier(truth, probability) == pytest.approx(brier_score_loss(truth, probability, pos_label=True), abs=1e-6)


@given(share=st.floats(0.01, 0.99), said=st.floats(0.01, 0.99))
def test_the_true_share_is_the_best_constant_probability(share, said):
    truth = np.arange(1000) < 1000 * share
    for score in (log_loss, brier):
        assert score(truth, np.full(1000, truth.mean())) <= score(truth, np.full(1000, said)) + 1e-12


def test_a_wrong_call_that_was_sure_is_bad_and_finite():
    wrong = log_loss(np.array([True]), np.array([0.0]))
    assert wrong == pytest.approx(-np.log(np.finfo(float).eps))
    assert brier(np.array([True]), np.array([0.0])) == 1.0
