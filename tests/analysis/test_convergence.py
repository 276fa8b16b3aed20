"""The best so far by what was spent, and how the best stands among its rivals."""

import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState
from tests.makers import studies

from trading_hpo.analysis.convergence import best_so_far, complete_values, fold_scores, metric_of, why_incomparable
from trading_hpo.study.fingerprint import FINGERPRINT

COMPLETE, PRUNED, FAIL, RUNNING = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING


def trial_of(state=COMPLETE, value=None, ended_s=0, cost=None, **attrs) -> FrozenTrial:
    """A trial that ended so many seconds after noon; one without a cost never said what it spent."""
    attrs |= {} if cost is None else {"cost": {"epochs": cost, "training_time_s": 2 * cost}}
    return studies.trial_of(value, state=state, ended_s=ended_s, **attrs)


study_of = partial(studies.study_of, metrics=None)


# The best so far


@st.composite
def histories(draw) -> list[FrozenTrial]:
    """Trials of all states that end in any order; some say what they spent."""
    trials = []
    for ended_s in draw(st.permutations(range(draw(st.integers(0, 12))))):
        state = draw(st.sampled_from([COMPLETE, COMPLETE, PRUNED, FAIL, RUNNING, TrialState.WAITING]))
        value = draw(st.integers(-3, 3)) / 10 if state in (COMPLETE, PRUNED) else None
        cost = draw(st.integers(1, 9) | st.none()) if state.is_finished() else None
        trials.append(trial_of(state, value, ended_s, cost))
    return trials


def looked_through(trials: list[FrozenTrial], best_of) -> list[tuple[int, float, float, float | None]]:
    """The slow twin: after every trial that ended, look through all that had ended by then."""
    numbered = [(trial.datetime_complete, number, trial) for number, trial in enumerate(trials)]
    ended = sorted((when, number, trial) for when, number, trial in numbered if trial.state.is_finished())
    lines = []
    for _, number, trial in ended:
        until_then = [other for when, _, other in ended if when <= trial.datetime_complete]
        values = [other.value for other in until_then if other.state == COMPLETE]
        costs = [other.user_attrs.get("cost", {"epochs": 0, "training_time_s": 0}) for other in until_then]
        spent = [sum(cost[unit] for cost in costs) for unit in ("epochs", "training_time_s")]
        lines.append((number, *spent, best_of(values) if values else None))
    return lines


@pytest.mark.parametrize(("direction", "best_of"), [("maximize", max), ("minimize", min)])
@given(trials=histories())
def test_the_best_so_far_is_what_looking_through_all_earlier_trials_finds(direction, best_of, trials):
    found = best_so_far(study_of(*trials, directions=[direction]))
    lines = [
        (number, epochs, training_time_s, None if math.isnan(best) else best)
        for number, epochs, training_time_s, best in found.itertuples(index=False)
    ]
    assert lines == looked_through(trials, best_of)


@pytest.mark.parametrize(
    ("direction", "values", "best"),
    [
        ("maximize", [0.1, 0.3, 0.2, 0.4], [0.1, 0.3, 0.3, 0.4]),
        ("minimize", [0.3, 0.4, 0.1, 0.2], [0.3, 0.3, 0.1, 0.1]),
        ("maximize", [-0.3, -0.1, -0.2], [-0.3, -0.1, -0.1]),
        ("minimize", [0.0, 0.1], [0.0, 0.0]),
    ],
)
def test_the_best_only_gets_better(direction, values, best):
    trials = [trial_of(value=value, ended_s=second) for second, value in enumerate(values)]
    assert best_so_far(study_of(*trials, directions=[direction]))["best"].tolist() == best


def test_trials_count_when_they_end_not_when_they_begin():
    slow, quick = trial_of(value=0.1, ended_s=9, cost=5), trial_of(value=0.5, ended_s=1, cost=1)
    found = best_so_far(study_of(slow, quick))
    assert found["trial"].tolist() == [1, 0]
    assert found["epochs"].tolist() == [1, 6]
    assert found["best"].tolist() == [0.5, 0.5]


def test_pruned_and_failed_trials_cost_what_they_cost_and_are_never_the_best():
    trials = [
        trial_of(FAIL, ended_s=0, cost=2),
        trial_of(PRUNED, 0.9, ended_s=1, cost=3),
        trial_of(COMPLETE, 0.1, ended_s=2, cost=4),
        trial_of(FAIL, ended_s=3),  # died before it could say
        trial_of(PRUNED, 0.8, ended_s=4, cost=1),
    ]
    found = best_so_far(study_of(*trials))
    assert found["epochs"].tolist() == [2, 5, 9, 9, 10]
    assert found["training_time_s"].tolist() == [4, 10, 18, 18, 20]
    assert found["best"].isna().tolist() == [True, True, False, False, False]
    assert found["best"].dropna().tolist() == [0.1, 0.1, 0.1]


def test_a_trial_that_still_runs_is_not_counted():
    running = trial_of(RUNNING, cost=7.0)
    assert best_so_far(study_of(trial_of(value=0.1, cost=1), running))["epochs"].tolist() == [1]


def test_an_empty_study_is_an_empty_table_with_all_columns():
    found = best_so_far(study_of())
    assert found.columns.tolist() == ["trial", "epochs", "training_time_s", "best"]
    assert found.empty


# The best on every fold


def folds_of(*scores, metric="mcc"):
    return [{"fold": fold, "metrics": {metric: score, "accuracy": 0.5}} for fold, score in enumerate(scores)]


def test_fold_scores_are_those_of_each_model_types_best_trial_in_its_own_metric():
    worse, better = trial_of(value=0.1, folds=folds_of(0.0, 0.2)), trial_of(value=0.4, folds=folds_of(0.3, 0.5))
    studies = {
        "mlp": study_of(worse, better, metrics=["mcc"]),
        "cnn_lstm": study_of(worse, better, metrics=["mcc"], directions=["minimize"]),
    }
    assert list(fold_scores(studies).itertuples(index=False, name=None)) == [
        ("mlp", 0, 0.3, 1.0),
        ("mlp", 1, 0.5, 1.0),
        ("cnn_lstm", 0, 0.0, 1.0),
        ("cnn_lstm", 1, 0.2, 1.0),
    ]


def test_a_model_type_without_a_complete_trial_has_no_fold_scores():
    pruned = trial_of(PRUNED, 0.9, folds=folds_of(0.9, 0.9))
    found = fold_scores({"mlp": study_of(pruned, metrics=["mcc"]), "cnn_lstm": study_of()})
    assert found.columns.tolist() == ["model_type", "fold", "score", "times_validated"]
    assert found.empty


def test_folds_that_share_bars_say_how_often_each_bar_is_validated():
    pairs = [[[0, 10], [10, 20]], [[0, 10], [20, 30]], [[10, 20], [20, 30]]]
    made_under = {FINGERPRINT: {"folds": {str(number): {"validation": own} for number, own in enumerate(pairs)}}}
    study = study_of(trial_of(value=0.4, folds=folds_of(0.3, 0.5, 0.4)), metrics=["mcc"], **made_under)
    assert fold_scores({"mlp": study})["times_validated"].tolist() == [2.0] * 3


def test_a_fold_that_lacks_the_metric_has_no_score():
    best = trial_of(value=0.1, folds=[*folds_of(0.1), {"fold": 1, "metrics": {"mcc": None}}])
    scores = fold_scores({"mlp": study_of(best, metrics=["mcc"])})["score"]
    assert scores[0] == 0.1
    assert np.isnan(scores[1])


def test_a_best_trial_of_another_program_has_no_folds():
    assert fold_scores({"mlp": study_of(trial_of(value=0.1))}).empty


# All complete trials


def test_complete_values_are_those_of_complete_trials_zero_and_negative_ones_too():
    trials = [
        trial_of(value=0.0),
        trial_of(PRUNED, 0.5),
        trial_of(value=-0.2),
        trial_of(FAIL),
        trial_of(RUNNING),
    ]
    found = complete_values({"mlp": study_of(*trials), "cnn_lstm": study_of(trial_of(value=0.3)), "lstm": study_of()})
    assert list(found.itertuples(index=False, name=None)) == [("mlp", 0, 0.0), ("mlp", 2, -0.2), ("cnn_lstm", 0, 0.3)]


def test_without_complete_trials_there_are_no_values_and_all_columns():
    found = complete_values({"mlp": study_of(trial_of(FAIL))})
    assert found.columns.tolist() == ["model_type", "trial", "value"]
    assert found.empty


# What may be compared


def test_the_metric_is_the_studys_own_and_a_study_of_another_program_has_a_plain_value():
    assert metric_of(study_of(metrics=["sharpe"])) == "sharpe"
    assert metric_of(study_of()) == "value"


def print_of(digest="d", folds=3):
    return {"data": {"digest": digest}, "folds": {"0": {"train": [[0, folds]]}}}


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"metrics": ["sharpe"], "fingerprint": print_of()}, "of different metrics: mcc, sharpe"),
        ({"metrics": ["mcc"], "fingerprint": print_of(digest="e")}, "of different data: a.mlp, b.cnn_lstm"),
        ({"metrics": ["mcc"], "fingerprint": print_of(folds=4)}, "of different folds: a.mlp, b.cnn_lstm"),
    ],
)
def test_studies_that_mean_different_things_are_not_compared(other, reason):
    ours = study_of(name="a.mlp", metrics=["mcc"], fingerprint=print_of())
    why = why_incomparable({"mlp": ours, "cnn_lstm": study_of(name="b.cnn_lstm", **other)})
    assert why is not None
    assert why.endswith(reason)


def test_studies_of_one_metric_on_the_same_data_and_folds_are_compared():
    same = {"metrics": ["mcc"], "fingerprint": print_of()}
    # What is searched differs between model types, and does not change what a value means.
    one, two = study_of(**same), study_of(**(same | {"fingerprint": {**print_of(), "search_space": {"x": 1}}}))
    assert why_incomparable({"mlp": one, "cnn_lstm": two}) is None
    assert why_incomparable({"mlp": one}) is None
