"""Importance is only claimed where trials can be told apart."""

import time

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.analysis.importance import parameter_importance

UNIT = FloatDistribution(0, 1)
DISTRIBUTIONS = {"rate": UNIT, "noise": UNIT, "gamma": UNIT, "delta": UNIT, "fixed": CategoricalDistribution([3])}


def study_from(lines, state=TrialState.COMPLETE):
    """Trials from pairs of a value and its parameters."""
    return study_of(*(trial_of(value, state=state, params=of, distributions=DISTRIBUTIONS) for value, of in lines))


def test_the_parameter_that_decides_the_value_has_the_largest_share_and_shares_add_up_to_one():
    lines = [(step / 40, {"rate": step / 40, "noise": (step * 17 % 40) / 40, "fixed": 3}) for step in range(40)]
    found = parameter_importance(study_from(lines))
    assert max(found["importance"], key=found["importance"].get) == "rate"
    assert found["importance"]["rate"] > 0.8
    assert found["importance"]["fixed"] == 0.0
    assert sum(found["importance"].values()) == pytest.approx(1)
    assert (found["study_name"], found["metric"], found["n_trials"]) == ("test.mlp", "mcc", 40)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "needs 4 complete trials"),
        ([(step, {"rate": step / 4}) for step in range(3)], "needs 4 complete trials"),
        ([(0.0, {"rate": step / 6}) for step in range(6)], "all complete trials have the same value"),
        ([(step, {"fixed": 3}) for step in range(6)], "all complete trials have the same parameters"),
        ([(step, {}) for step in range(6)], "all complete trials have the same parameters"),
    ],
)
def test_where_nothing_can_be_told_apart_there_is_no_share_and_a_reason(lines, reason):
    found = parameter_importance(study_from(lines))
    assert found["importance"] == {}
    assert found["why_empty"] == reason


def test_trials_that_were_not_completed_do_not_count():
    lines = [(step / 9, {"rate": step / 9}) for step in range(9)]
    assert parameter_importance(study_from(lines, TrialState.PRUNED))["n_trials"] == 0


def spread_of(n_trials):
    """The range of the share of the parameter that decides, in trials beside noise."""
    lines = [(step % 40 / 40, {"rate": step % 40 / 40, "noise": (step * 17 % 37) / 40}) for step in range(n_trials)]
    found = parameter_importance(study_from(lines))
    assert found["spread"]["rate"][0] <= found["spread"]["rate"][1]
    assert parameter_importance(study_from(lines)) == found
    low, high = found["spread"]["noise"]
    return high - low, found["remarks"]


def test_the_range_over_resamples_is_wider_where_trials_are_few_and_few_are_said_to_be_few():
    few, remarks = spread_of(12)
    assert remarks == ["12 trials are few: the best tenth are 2"]
    many, remarks = spread_of(400)
    assert few > 2 * many
    assert remarks == []


def test_a_parameter_of_some_trials_is_judged_where_it_is_and_one_that_good_trials_lack_is_not():
    lines = []
    for step in range(100):
        own = {"gamma": step / 100} if step >= 50 else {"delta": step / 100}  # as of one loss and of another
        lines.append((step / 100, {"rate": (step * 17 % 100) / 100, **own}))
    found = parameter_importance(study_from(lines))
    assert found["only_in"] == {"gamma": 50}
    assert found["not_judged"] == {"delta": "in 50 of 100 trials, 0 of the best 10"}
    assert "delta" not in found["importance"]
    assert sum(found["importance"].values()) == pytest.approx(1)
    assert found["importance"]["gamma"] > found["importance"]["rate"]
    assert found["remarks"] == [
        "not in all trials, compare with care: gamma (50)",
        "not judged: delta in 50 of 100 trials, 0 of the best 10",
    ]


def test_trials_that_are_set_aside_or_were_added_by_others_do_not_count():
    lines = [(step / 9, {"rate": step / 9}) for step in range(9)]
    trials = [trial_of(value, params=of, distributions=DISTRIBUTIONS) for value, of in lines]
    study = study_of(*trials, foreign=[0], set_aside=[3, 4], fingerprint={"seed": 0})
    assert parameter_importance(study)["n_trials"] == 6


def test_a_thousand_trials_take_seconds():
    lines = [(step / 1000, {"rate": step / 1000, "noise": (step * 17 % 1000) / 1000}) for step in range(1000)]
    study = study_from(lines)
    began = time.process_time()
    parameter_importance(study)
    assert time.process_time() - began < 10
