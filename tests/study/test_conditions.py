import pytest

from trading_hpo.errors import StaleInputError, StudyMismatchError
from trading_hpo.study.conditions import Conditions, check_same, compared_part

OLD = {"training": {"epochs": 3, "loss": "auto"}}
NOW = {"training": {"epochs": 3, "loss": "auto", "optimizer": "adamw", "schedule": "constant"}}


def test_a_study_from_before_there_was_a_choice_had_the_only_one():
    check_same("old.mlp", OLD, NOW)
    assert compared_part(OLD, "training") == compared_part(NOW, "training")


def test_a_study_from_before_there_was_a_choice_does_not_go_on_under_another():
    other = {"training": {**NOW["training"], "schedule": "cosine"}}
    with pytest.raises(StudyMismatchError, match=r"training\.schedule: constant -> cosine"):
        check_same("old.mlp", OLD, other)
    assert compared_part(OLD, "training") != compared_part(other, "training")


def test_conditions_of_an_earlier_version_are_refused_with_what_to_run():
    with pytest.raises(StaleInputError, match=r"old\.mlp is of an earlier version.*run `kedro run --pipeline hpo`"):
        Conditions("old.mlp", {"holdout_bar": 100, "folds": {}})


@pytest.mark.parametrize(
    ("stored", "now"),
    [
        ({}, (0.7, 0.3)),
        ({"regression_weight": 0.3}, (0.7, 0.3)),
        ({"regression_weight": 0.9}, (0.1, 0.9)),
        ({"classification_weight": 0.4, "regression_weight": 0.6}, (0.4, 0.6)),
    ],
)
def test_a_study_that_recorded_one_weight_had_the_other_too(stored, now):
    old = {"backtest": {"cost_bps": 5.0, **stored}}
    ours = {"backtest": {"cost_bps": 5.0, "classification_weight": now[0], "regression_weight": now[1]}}
    check_same("old.mlp", old, ours)
    assert compared_part(old, "backtest") == compared_part(ours, "backtest")
    backtest = Conditions("old.mlp", {"search": [0, 1], **old}).backtest
    assert (backtest.classification_weight, backtest.regression_weight) == now
    other = {"backtest": {**ours["backtest"], "classification_weight": 0.5, "regression_weight": 0.5}}
    with pytest.raises(StudyMismatchError, match=r"backtest\.classification_weight"):
        check_same("old.mlp", old, other)
