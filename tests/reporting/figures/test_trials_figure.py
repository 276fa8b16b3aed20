"""Every trial of a study: complete, pruned at its last report, failed, and the best so far."""

import pytest
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.reporting.figures.style import colour_of
from trading_hpo.reporting.figures.trials import trials_figure

PRUNED, FAIL, RUNNING = TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING
TRIALS = (
    trial_of(0.1),
    trial_of(state=PRUNED, reports={1: 0.5, 3: 0.02}),
    trial_of(0.3),
    trial_of(state=FAIL),
    trial_of(0.2),
    trial_of(state=PRUNED),  # before it reported anything
    trial_of(state=PRUNED, reports={1: float("nan")}),
    trial_of(state=RUNNING),
)


def points(figure):
    return {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}


def test_each_state_is_told_apart_and_counted():
    assert points(trials_figure("mlp", study_of(*TRIALS))) == {
        "complete (3)": ([0, 2, 4], [0.1, 0.3, 0.2]),
        "pruned (1)": ([1], [0.02]),
        "failed (1)": ([3], [0.02]),
        "best so far": ([0, 2, 6], [0.1, 0.3, 0.3]),
    }


def test_the_least_is_the_best_where_less_is_better():
    figure = trials_figure("mlp", study_of(*TRIALS, directions=["minimize"], metrics=["rmse"]))
    assert points(figure)["best so far"] == ([0, 6], [0.1, 0.1])
    assert figure.layout.yaxis.title.text == "rmse, mean over folds"


def test_what_breaks_a_constraint_or_was_set_aside_is_no_best():
    broken = trial_of(0.9, constraints={"drawdown": 1.0})
    study = study_of(trial_of(0.1), broken, trial_of(0.5), set_aside=[2])
    assert points(trials_figure("mlp", study))["best so far"] == ([0, 2], [0.1, 0.1])


def test_it_is_in_the_colour_of_the_model_type():
    figure = trials_figure("gru", study_of(*TRIALS))
    assert figure.data[0].marker.color == figure.data[-1].line.color == colour_of("gru")


@pytest.mark.parametrize(("trials", "begun"), [((), 0), ((trial_of(state=FAIL),), 1)])
def test_without_a_value_it_says_so(trials, begun):
    figure = trials_figure("mlp", study_of(*trials))
    assert not figure.data
    assert figure.layout.annotations[0].text == f"no complete trial yet, of {begun} begun"


def test_pruned_trials_alone_are_drawn():
    assert list(points(trials_figure("mlp", study_of(TRIALS[1])))) == ["complete (0)", "pruned (1)"]
