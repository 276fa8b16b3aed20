"""One study in pictures: every complete trial, and nothing else, is drawn."""

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.reporting.figures.search import history_figure, importance_figure, parallel_figure, slice_figure

RATE, LOSS, GAMMA = FloatDistribution(0, 1), CategoricalDistribution(["focal", "bce"]), FloatDistribution(0, 9)
VALUES = [0.3, 0.1, 0.5, 0.2, 0.9, 0.4]
STATES = [TrialState.COMPLETE] * 4 + [TrialState.PRUNED, TrialState.FAIL]


def six_trials(direction="maximize"):
    """Four complete trials, of which the odd ones have one parameter more; the best two values are not complete."""
    trials = [
        trial_of(
            None if state == TrialState.FAIL else value,
            state=state,
            params={"rate": number / 10}
            | ({"loss": "focal", "gamma": 1.0 + number} if number % 2 else {"loss": "bce"}),
            distributions={"rate": RATE, "loss": LOSS, "gamma": GAMMA},
        )
        for number, (value, state) in enumerate(zip(VALUES, STATES, strict=True))
    ]
    return study_of(*trials, directions=[direction], metrics=None)


@pytest.mark.parametrize(
    ("direction", "best"), [("maximize", np.maximum.accumulate), ("minimize", np.minimum.accumulate)]
)
def test_history_shows_complete_trials_and_the_best_so_far(direction, best):
    values, line, infeasible = history_figure(six_trials(direction)).data
    assert list(values.x) == [0, 1, 2, 3]
    assert list(values.y) == VALUES[:4]
    assert list(line.y)[:4] == best(VALUES[:4]).tolist()
    assert set(line.y[4:]) == {line.y[3]}  # trials that were pruned or failed move nothing
    assert not infeasible.x


def test_slices_show_each_parameter_only_where_a_trial_has_it():
    by_name = dict(zip(["gamma", "loss", "rate"], slice_figure(six_trials()).data, strict=True))
    assert list(by_name["gamma"].x) == [2.0, 4.0]
    assert list(by_name["gamma"].y) == [0.1, 0.2]
    assert sorted(by_name["loss"].x) == ["'bce'", "'bce'", "'focal'", "'focal'"]
    assert list(by_name["rate"].x) == [0.0, 0.1, 0.2, 0.3]


def test_parallel_coordinates_have_one_line_per_complete_trial_through_every_parameter():
    figure = parallel_figure(six_trials())
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert len(lines) == 4
    assert list(figure.layout.xaxis.ticktext) == ["value", "gamma", "loss", "rate"]


def test_importance_is_ordered_with_the_largest_on_top():
    shares = {"rate": 0.2, "width": 0.7, "loss": 0.1}
    found = importance_figure("lstm", {"study_name": "a.lstm", "metric": "mcc", "n_trials": 9, "importance": shares})
    (bars,) = found.data
    assert list(bars.y) == ["loss", "rate", "width"]
    assert list(bars.x) == [0.1, 0.2, 0.7]
    assert found.layout.xaxis.title.text == "share in mcc, over 9 complete trials"


def test_importance_has_whiskers_and_says_below_what_they_are_and_what_cannot_be_judged():
    importance = {"study_name": "a.lstm", "metric": "mcc", "n_trials": 9, "importance": {"rate": 0.2, "width": 0.7}}
    spread, remarks = {"rate": [0.1, 0.4], "width": [0.6, 0.8]}, ["gamma < loss cannot be judged"]
    found = importance_figure("lstm", {**importance, "spread": spread, "remarks": remarks})
    (bars,) = found.data
    assert list(bars.error_x.array) == pytest.approx([0.2, 0.1])
    assert list(bars.error_x.arrayminus) == pytest.approx([0.1, 0.1])
    assert found.layout.xaxis.title.text.split("<br>") == [
        "share in mcc, over 9 complete trials",
        "whiskers: 80 % of resamples of the trials",
        "gamma &lt; loss cannot be judged",
    ]


@pytest.mark.parametrize("study_name", ["", "base.lstm"])
def test_importance_of_a_skipped_model_type_says_which_and_why(study_name):
    found = importance_figure("lstm", {"study_name": study_name, "storage": "s", "skipped": "not searched yet"})
    assert "lstm" in found.layout.title.text
    assert found.layout.annotations[0].text == "not searched yet"
