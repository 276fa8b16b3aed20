"""What is made of paired searches, on scores and curves that are counted by hand."""

import pytest
from benchmarks.curves import Curve, best_within
from benchmarks.search import Score, findings, t_interval


def curve(slot, value, epochs):
    return Curve(slot, {}, {}, value, [{"epochs": epochs}])


def test_the_best_is_taken_from_what_the_budget_reaches():
    curves = [curve(0, 0.1, 4), curve(1, 0.3, 4), curve(2, 0.2, 4), curve(3, 0.9, 4)]
    assert best_within(curves, 12).slot == 1
    assert best_within(curves, 16).slot == 3
    assert best_within(curves, 15).slot == 1  # the last trial would end too late


def test_the_interval_is_student_s():
    # scipy.stats.ttest_1samp([1, 2, 3, 4, 5], 0).confidence_interval()
    assert t_interval([1, 2, 3, 4, 5]) == pytest.approx((1.0367568, 4.9632432))


def test_gains_are_paired_by_seed_and_have_no_limit():
    scores = {
        "tpe": [Score(0.30, 0.20), Score(0.34, 0.10)],
        "random": [Score(0.20, 0.10), Score(0.14, 0.20)],
        "qmc": [Score(0.30, 0.20), Score(0.34, 0.10)],
    }
    rows = {row.name: row for row in findings(scores)}
    assert rows["search.validation_tpe"].values == [0.30, 0.34]
    assert rows["search.validation_tpe_random"].values == pytest.approx([0.1, 0.2])
    assert rows["search.holdout_tpe_random"].values == pytest.approx([0.1, -0.1])
    assert "mean +0.0000" in rows["search.holdout_tpe_qmc"].compares
    assert all(row.limit is None for row in rows.values())
