"""Importance is only claimed where trials can be told apart."""

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.analysis.importance import parameter_importance

UNIT = FloatDistribution(0, 1)
DISTRIBUTIONS = {"rate": UNIT, "noise": UNIT, "fixed": CategoricalDistribution([3])}


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
