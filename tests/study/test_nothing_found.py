"""A search that has found nothing says why, in how many trials, and what to change."""

import pytest
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.engine.trial_record import REASON
from trading_hpo.study.nothing_found import nothing_found
from trading_hpo.study.set_aside import set_aside, take_back

MADE = {"fingerprint": {"seed": 0}}


def failed(reason, state=TrialState.FAIL):
    return trial_of(state=state, **{REASON: reason})


@pytest.mark.parametrize(
    "trials",
    [
        (),
        (trial_of(state=TrialState.RUNNING),),
        (trial_of(0.1), failed("it diverged")),
        (trial_of(0.1, constraints={"0": 1.0}),),  # it breaks a constraint, which is said elsewhere
    ],
)
def test_a_search_that_has_found_something_or_has_not_ended_a_trial_says_nothing(trials):
    assert nothing_found(study_of(*trials)) is None


def test_reasons_come_with_the_number_of_their_trials_the_most_frequent_first():
    idle = "sharpe has no value: nothing was traded (fold 0, 1)"
    study = study_of(failed("it diverged"), failed(idle), failed(idle), metrics=["sharpe"], name="daily.mlp")
    assert nothing_found(study).splitlines() == [
        "Study daily.mlp has found nothing: none of 3 trials has a value of sharpe.",
        f"  2 trials: {idle}",
        "  1 trial: it diverged",
        "Improve another metric, such as mcc (hpo.objectives), or change what the reason names.",
        "Trials that have ended are not run again: give hpo.study_name another name.",
    ]


def test_where_no_metric_is_to_blame_none_is_to_be_changed():
    study = study_of(failed("its network is too large", TrialState.PRUNED), trial_of(0.1, state=TrialState.PRUNED))
    said = nothing_found(study).splitlines()
    assert said[1:3] == ["  1 trial: its network is too large", "  1 trial: it was pruned"]
    assert said[3] == "Change what the reason names: hpo.limits, hpo.custom_search_spaces or training."


def test_of_many_reasons_three_are_printed_and_the_others_counted():
    said = nothing_found(study_of(*(failed(f"reason {number}") for number in (1, 1, 2, 2, 3, 3, 4, 5)))).splitlines()
    assert said[1:5] == [
        *(f"  2 trials: reason {number}" for number in (1, 2, 3)),
        "  2 trials: 2 other reasons, see `kedro study failed`",
    ]


def test_a_result_that_was_set_aside_is_not_said_to_be_missing_and_the_way_back_finds_it():
    study = study_of(trial_of(0.1), failed("it diverged"), trial_of(0.9), foreign=[2], name="daily.mlp", **MADE)
    set_aside(study, 0)
    said = nothing_found(study)
    assert said.splitlines() == [
        "Study daily.mlp has nothing to choose: 1 trial with a value of mcc set aside.",
        "  1 trial: set aside (`--undo` gives it back)",
        "  1 trial: it diverged",
        "Give one back (`kedro study set-aside daily.mlp 0 --undo`), or raise hpo.n_trials.",
    ]
    take_back(study, 0)
    assert nothing_found(study) is None


def test_the_command_that_gives_a_result_back_can_be_typed_whatever_the_study_is_called():
    study = study_of(trial_of(0.1), name="daily; rm x.mlp", **MADE)
    set_aside(study, 0)
    assert "`kedro study set-aside 'daily; rm x.mlp' 0 --undo`" in nothing_found(study)
