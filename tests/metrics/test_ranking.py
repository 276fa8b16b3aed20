"""scikit-learn is the oracle; what it warns about has no value here."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import average_precision_score, roc_auc_score

from trading_hpo.metrics.metric import ONE_CLASS
from trading_hpo.metrics.ranking import RANKING_METRICS, ranking_metrics

random_rows = settings(deadline=None, max_examples=150)


@st.composite
def rows(draw):
    """Draw truths, often of one class, and scores of few distinct values."""
    n = draw(st.integers(1, 40))
    truth = draw(st.one_of(st.lists(st.booleans(), min_size=n, max_size=n), st.sampled_from([[False] * n, [True] * n])))
    scores = draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))
    return np.array(truth), np.array(scores, dtype=draw(st.sampled_from(["f4", "f8"]))) / 7


@random_rows
@given(rows())
def test_both_agree_with_scikit_learn_ties_included_and_have_no_value_for_one_class(case):
    truth, score = case
    ours = ranking_metrics(truth, score)
    assert tuple(ours) == tuple(RANKING_METRICS)
    if len(set(truth)) == 2:
        assert ours["auc"] == pytest.approx(roc_auc_score(truth, score))
        assert ours["average_precision"] == pytest.approx(average_precision_score(truth, score))
    else:
        assert ours["auc"] == ours["average_precision"] == ONE_CLASS
        with pytest.warns(UndefinedMetricWarning, match="Only one class is present in y_true"):
            assert np.isnan(roc_auc_score(truth, score))


@random_rows
@given(rows())
def test_only_the_order_of_the_scores_counts(case):
    truth, score = case
    assert ranking_metrics(truth, np.exp(score)) == ranking_metrics(truth, score)


@random_rows
@given(rows())
def test_exchanging_the_classes_keeps_the_auc_and_turning_the_scores_round_turns_it(case):
    truth, score = case
    if len(set(truth)) == 2:
        auc = ranking_metrics(truth, score)["auc"]
        assert ranking_metrics(~truth, -score)["auc"] == pytest.approx(auc)
        assert ranking_metrics(truth, -score)["auc"] == pytest.approx(1 - auc)


def test_the_auc_counts_a_tie_as_half_a_pair():
    truth = np.array([True, False, False])
    # One pair in order, one tied.
    assert ranking_metrics(truth, np.array([0.5, 0.5, 0.1]))["auc"] == 0.75


def test_one_score_for_all_ranks_nothing():
    truth = np.array([True, False, False, False])
    assert ranking_metrics(truth, np.zeros(4)) == {"auc": 0.5, "average_precision": 0.25}


def test_scores_in_single_precision_rank_as_they_are():
    truth = np.array([False, True, False, True])
    assert ranking_metrics(truth, np.array([0.1, 0.2, 0.2, 0.3], dtype=np.float32))["auc"] == 0.875


def test_pairs_of_a_large_data_set_do_not_overflow():
    truth = np.tile([True, False], 200_000)
    assert ranking_metrics(truth, truth.astype("f4"))["auc"] == 1.0
