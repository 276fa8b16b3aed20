import pytest
from optuna.trial import TrialState
from rich.console import Console
from tests.makers.studies import study_of, trial_of

from trading_hpo.engine.trial_record import REASON, VIOLATIONS
from trading_hpo.reporting.studies import best_lines, studies_table, study_lines, trials_view

BOUND = "max_drawdown <= 0.2"
COST = {"cost": {"epochs": 6.0, "training_time_s": 2.0}}


def study_with(*trials, names=("mcc", "model_size_mb"), bounds=()):
    """A study of trials, each from its values and by how much it breaks the bound; none where there is no bound."""
    made = [
        trial_of(*values, **COST)
        if over is None
        else trial_of(*values, constraints={"0": over}, **COST, **{VIOLATIONS: {BOUND: over}})
        for values, over in trials
    ]
    directions = ["maximize", "minimize"][: len(names)]
    about = {"constraints": list(bounds)}
    return study_of(*made, name="made-up.mlp", directions=directions, metrics=names, fingerprint=about)


def shown(table):
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(table)
    return [line.split() for line in captured.get().splitlines() if line.strip()]


def test_of_several_objectives_the_front_and_the_choice_are_marked():
    lines = shown(trials_view(study_with(([0.1, 1.0], None), ([0.3, 2.0], None), ([0.2, 3.0], None)), 9))
    assert lines[0][:3] == ["trial", "mcc", "model_size_mb"]
    rows = {line[0]: " ".join(line[3:]) for line in lines[2:]}
    assert rows == {"0": "complete, chosen", "1": "complete, front", "2": "complete"}


def test_of_one_objective_nothing_is_marked_and_pruned_trials_come_last():
    study = study_with(([0.1], None), ([0.3], None), names=("mcc",))
    study.add_trial(trial_of(0.9, state=TrialState.PRUNED, slot=9, **COST))
    lines = shown(trials_view(study, 9))
    assert [line[0] for line in lines[2:]] == ["1", "0", "2"]
    assert [line[2] for line in lines[2:]] == ["complete", "complete", "pruned"]


def test_whether_a_trial_keeps_the_constraints_stands_beside_it():
    study = study_with(([0.9], 0.5), ([0.1], -0.5), names=("mcc",), bounds=(BOUND,))
    study.add_trial(trial_of(0.9, state=TrialState.PRUNED, slot=9, **COST))
    rows = {line[0]: " ".join(line[3:]) for line in shown(trials_view(study, 9))[2:]}
    assert rows == {"1": "kept", "0": "broken by 50%", "2": "-"}


@pytest.mark.parametrize(("over", "told"), [(0.5, True), (-0.5, False)])
def test_a_best_trial_that_breaks_a_constraint_is_told_everywhere(over, told):
    study = study_with(([0.9], over), names=("mcc",), bounds=(BOUND,))
    listed = " ".join(shown(studies_table([(study, "here")]))[2])
    assert ("breaks a constraint" in listed) is told
    text = "\n".join(study_lines(study, "here"))
    assert f"constraint  {BOUND}" in text
    assert ("breaks a constraint as all others do" in text) is told
    best = "\n".join(best_lines(study))
    assert ("broken, by 50% of the bound" in best) is told
    assert (" kept" in best) is not told


def test_a_metric_without_a_value_says_why_and_what_found_nothing_says_that():
    about = {
        "metrics": {"mcc": 0.3, "sharpe": None, "auc": None},
        "no_value": {"sharpe": "nothing was traded (fold 1)"},
    }
    lines = list(best_lines(study_of(trial_of(0.3, **about))))
    assert "  sharpe                    no value: nothing was traded (fold 1)" in lines
    assert "  auc                       no value: an earlier version has not recorded why" in lines
    failed = study_of(trial_of(state=TrialState.FAIL, **{REASON: "sharpe has no value: nothing was traded (fold 0)"}))
    (said,) = best_lines(failed)
    assert "1 trial: sharpe has no value: nothing was traded (fold 0)" in said
    assert said in "\n".join(study_lines(failed, "here"))
    assert "best        none: no trial has ended yet" in "\n".join(study_lines(study_of(), "here"))


def test_what_a_study_has_spent_counts_all_its_trials():
    text = "\n".join(study_lines(study_with(([0.1, 1.0], None), ([0.3, 2.0], None)), "here"))
    assert "spent       12 epochs, 4 s of training, all folds counted" in text
    assert "front       2 trials" in text
    assert "minimize model_size_mb, weight 1" in text
