import pytest
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.engine.trial_record import violation
from trading_hpo.study.ranking import best_trial, goals_of, metric_of, pareto_front, ranked


def study_with(*trials, directions=("maximize", "minimize"), names=("mcc", "model_size_mb"), weights=(0.5, 0.5)):
    made = (trial_of(*values, constraints=constraints) for values, constraints in trials)
    return study_of(*made, directions=directions, metrics=names, weights=list(weights))


def numbers(trials):
    return [trial.number for trial in trials]


FOUR = (((0.1, 1.0), None), ((0.3, 5.0), None), ((0.29, 1.5), None), ((0.05, 6.0), None))


@pytest.mark.parametrize(("weights", "best"), [((0.5, 0.5), 2), ((0.99, 0.01), 1), ((0.01, 0.99), 0)])
def test_the_weights_choose_from_the_front(weights, best):
    study = study_with(*FOUR, weights=weights)
    assert best_trial(study).number == best
    assert sorted(numbers(pareto_front(study))) == [0, 1, 2]
    assert numbers(ranked(study))[-1] == 3  # beaten by all


def test_what_keeps_the_constraints_comes_first_however_bad_and_the_rest_by_how_far_it_is_off():
    trials = (
        ((0.9, 1.0), {"0": 0.5, "1": -1.0}),
        ((0.1, 9.0), {"0": 0.0, "1": -1.0}),
        ((0.8, 1.0), {"0": 0.1, "1": 0.1}),
    )
    study = study_with(*trials)
    assert numbers(ranked(study)) == [1, 2, 0]
    assert numbers(pareto_front(study)) == [1]
    assert violation(study.trials[2]) == pytest.approx(0.2)


def test_without_a_feasible_trial_the_front_is_empty_and_the_nearest_is_best():
    study = study_with(((0.9, 1.0), {"0": 0.5}), ((0.1, 1.0), {"0": 0.2}))
    assert pareto_front(study) == []
    assert best_trial(study).number == 1


@pytest.mark.parametrize(("direction", "order"), [("maximize", [1, 0, 2]), ("minimize", [0, 2, 1])])
def test_with_one_objective_the_best_value_is_best_and_the_earlier_of_equals(direction, order):
    trials = [((value,), None) for value in (0.2, 0.7, 0.2)]
    study = study_with(*trials, directions=(direction,), names=("mcc",), weights=(1.0,))
    assert numbers(ranked(study)) == order


def test_only_complete_trials_are_ranked_and_none_is_best_of_none():
    study = study_of(trial_of(9.0, state=TrialState.PRUNED), trial_of(state=TrialState.FAIL), metrics=None)
    assert ranked(study) == []
    assert best_trial(study) is None


def test_a_study_of_others_has_objectives_without_names():
    assert metric_of(study_of(metrics=None)) == "value"
    assert [goal.metric for goal in goals_of(study_of(directions=["maximize"] * 2, metrics=None))] == [
        "value 0",
        "value 1",
    ]
