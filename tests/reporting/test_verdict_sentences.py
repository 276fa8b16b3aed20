"""Verdicts in words: what they claim is what was tested, and no rounded number says otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.makers.verdicts import compared_with

from trading_hpo.reporting.verdict_sentences import p_value, reference_sentence, sentences

TRIED = {"n_tried": 32, "metric": "mcc", "expected_best": 0.034, "excess": 0.025}
INTERVAL = {"low": -0.06, "estimate": -0.012, "high": 0.036}
LOOK = {"finalists": 4, "earlier_looks": 2}


def verdict(validation=0.01, holdout=0.01, money=0.2):
    forecast = {
        "validation": {**TRIED, "p_value": validation},
        "holdout": {**LOOK, "p_value": holdout},
        "above": validation <= 0.05 and holdout <= 0.05,
    }
    tests = {"validation": {"n_tried": 32, "p_value": money}, "holdout": {**LOOK, **INTERVAL, "p_value": money}}
    return {"forecast": forecast, "money": {**tests, "above_buy_and_hold": INTERVAL, "above": money <= 0.05}}


@pytest.mark.parametrize(
    ("validation", "holdout", "begins"),
    [
        (0.01, 0.02, "better than a constant forecast on validation (p 0.01 for the best of 32 trials) and on the"),
        (0.01, 0.2, "better than a constant forecast on validation (p 0.01 for the best of 32 trials), not on the"),
        (0.2, 0.01, "not shown to be better than a constant forecast: on validation p 0.2 for the best of 32 trials"),
    ],
)
def test_a_forecast_is_better_on_both_or_it_is_said_where_not(validation, holdout, begins):
    said = sentences(verdict(validation, holdout))["forecast"]
    assert said.startswith(begins)
    assert f"p {holdout} among 4 finalists and 2 earlier looks" in said


def test_money_is_said_with_its_interval_and_beside_buy_and_hold():
    lost, won = (sentences(verdict(money=p))["money"] for p in (0.2, 0.01))
    assert lost.startswith("not shown to earn more than a constant forecast of the same exposure")
    assert won.startswith("earns more than a constant forecast of the same exposure")
    assert "-1.2% (-6.0% to +3.6%) a year" in lost
    assert "against buy-and-hold -1.2% (-6.0% to +3.6%)" in lost


def test_luck_is_what_the_best_of_as_many_would_have_shown():
    assert sentences(verdict())["luck"] == (
        "the best of 32 trials without skill would show mcc +0.034 above a constant forecast on these bars, this one "
        "shows +0.025"
    )


def test_what_was_not_tested_is_said_as_such():
    own = verdict()
    own["forecast"] |= {"validation": {"why": "too few bars"}, "holdout": {"why": "not judged yet"}, "above": False}
    own["money"] |= {"holdout": {"why": "not judged yet"}, "above": False}
    said = sentences(own)
    assert said["forecast"] == "not shown to be better than a constant forecast: on validation too few bars"
    assert said["money"].endswith("on the holdout not judged yet")
    assert "luck" not in said


def test_one_trial_is_one_and_a_first_look_alone_has_nobody_beside_it():
    own = verdict()
    own["forecast"]["validation"]["n_tried"] = 1
    own["forecast"]["holdout"] |= {"finalists": 1, "earlier_looks": 0}
    said = sentences(own)["forecast"]
    assert "the best of 1 trial)" in said
    assert said.endswith("(p 0.01)")


@given(st.floats(1e-6, 1.0), st.integers(1, 3))
def test_a_rounded_p_value_stays_on_its_side_of_five_percent(value, digits):
    assert (float(p_value(value, digits)) <= 0.05) == (value <= 0.05)


BY = "by mcc on validation, 90 % together"


@pytest.mark.parametrize(
    ("compared", "said"),
    [
        (
            compared_with(mlp=-0.01, lstm=0.019),
            f"no network is shown to be better than linear {BY}: mlp -0.010 [-0.030, 0.010], lstm +0.019 [-0.001, "
            "0.039]",
        ),
        (
            compared_with("gradient_boosting", mlp=-0.01, lstm=0.021, cnn_lstm=0.03),
            f"better than gradient_boosting {BY}: lstm +0.021 [0.001, 0.041], cnn_lstm +0.030 [0.010, 0.050]; not "
            "shown to be: mlp -0.010 [-0.030, 0.010]",
        ),
        (compared_with(mlp=0.03), f"better than linear {BY}: mlp +0.030 [0.010, 0.050]"),
        (
            {**compared_with(), "networks": {"mlp": {"difference": 0.1, "why": "too few folds differ"}}},
            f"no network is shown to be better than linear {BY}: mlp +0.100 (too few folds differ)",
        ),
        (
            {**compared_with(), "networks": {"mlp": {"why": "its study is of auc"}}},
            f"no network is shown to be better than linear {BY}: mlp (its study is of auc)",
        ),
        (
            {"why": "no reference was searched on these data"},
            "networks are not compared with a reference: no reference was searched on these data",
        ),
    ],
)
def test_every_network_stands_beside_the_best_reference(compared, said):
    assert reference_sentence(compared) == said
