"""One study in pictures: every complete trial, and nothing else, is drawn."""

import re

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.engine.trial_record import REASON
from trading_hpo.reporting.figures.parallel import parallel_figure
from trading_hpo.reporting.figures.search import history_figure, importance_figure
from trading_hpo.reporting.figures.slices import slice_figure
from trading_hpo.reporting.figures.style import colour_of

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


def by_name(figure):
    return {trace.name: trace for trace in figure.data}


def separate(trace):
    """The lines of a trace, each as its places."""
    lines, line = [], []
    for x, y in zip(trace.x, trace.y, strict=True):
        if x is None:
            lines.append(line)
            line = []
        else:
            line.append((x, y))
    return lines


@pytest.mark.parametrize(
    ("direction", "best"), [("maximize", np.maximum.accumulate), ("minimize", np.minimum.accumulate)]
)
def test_history_shows_complete_trials_and_the_best_so_far(direction, best):
    drawn = by_name(history_figure(six_trials(direction), "mlp"))
    assert list(drawn["complete"].x) == [0, 1, 2, 3]
    assert list(drawn["complete"].y) == VALUES[:4]
    line = drawn["best so far"]
    assert list(line.x) == [0, 1, 2, 3, 5]
    assert list(line.y)[:4] == best(VALUES[:4]).tolist()
    assert line.y[4] == line.y[3]  # trials that were pruned or failed move nothing
    assert line.line.shape == "hv"  # the best is what it is until the next trial has ended
    assert list(drawn["chosen"].x) == [VALUES.index(best(VALUES[:4])[-1])]


def test_what_was_pruned_or_failed_is_told_apart_and_says_why():
    study = study_of(
        trial_of(0.5),
        trial_of(0.4, constraints={"max_drawdown": 0.1}),
        trial_of(None, state=TrialState.PRUNED, reports={1: 0.1, 3: 0.2}),
        trial_of(None, state=TrialState.PRUNED, **{REASON: "too <large>"}),
        trial_of(None, state=TrialState.FAIL, **{REASON: "diverged"}),
        trial_of(None, state=TrialState.RUNNING),
    )
    drawn = by_name(history_figure(study, "lstm"))
    assert {name: list(trace.x) for name, trace in drawn.items()} == {
        "complete": [0],
        "breaks a constraint": [1],
        "pruned (last report)": [2],
        "failed (no value)": [3, 4],
        "chosen": [0],
        "best so far": [0, 5],
    }
    assert list(drawn["pruned (last report)"].y) == [0.2]
    assert drawn["pruned (last report)"].hovertext == ("trial 2, pruned at step 3<br>mcc 0.2000",)
    assert max(drawn["failed (no value)"].y) < 0.2  # below all that has a value
    assert [text.split("<br>")[1] for text in drawn["failed (no value)"].hovertext] == ["too &lt;large&gt;", "diverged"]
    marks = [trace for name, trace in drawn.items() if name != "best so far"]
    assert len({trace.marker.symbol for trace in marks}) == len(marks)


def test_a_report_that_is_no_number_is_no_place():
    study = study_of(trial_of(0.5), trial_of(None, state=TrialState.PRUNED, reports={1: float("nan")}))
    assert list(by_name(history_figure(study, "mlp"))["failed (no value)"].x) == [1]


def test_with_several_objectives_the_first_is_drawn():
    study = study_of(
        trial_of(0.5, 9.0), trial_of(0.7, 8.0), directions=["maximize", "minimize"], metrics=["mcc", "epochs"]
    )
    drawn = by_name(history_figure(study, "mlp"))
    assert list(drawn["complete"].y) == [0.5, 0.7]
    assert list(drawn["best so far"].y) == [0.5, 0.7]


def test_slices_show_each_parameter_only_where_a_trial_has_it():
    figure = slice_figure(six_trials(), "mlp")
    gamma, loss, rate, *chosen = figure.data
    assert list(gamma.x) == [2.0, 4.0]
    assert list(gamma.y) == [0.1, 0.2]
    assert [figure.layout.xaxis2.ticktext[int(place)] for place in loss.x] == ["bce", "focal", "bce", "focal"]
    assert list(rate.x) == [0.0, 0.1, 0.2, 0.3]
    assert [list(trace.y) for trace in chosen] == [[], [0.5], [0.5]]  # trial 2 has no gamma
    assert [axis.title.text for axis in figure.select_xaxes()] == ["gamma", "loss", "rate"]


def test_slices_reach_over_what_was_searched_and_panels_do_not_overlap():
    figure = slice_figure(six_trials(), "mlp")
    low, high = figure.layout.xaxis3.range
    assert low < RATE.low
    assert high > RATE.high
    (first, second), (third, _) = (
        [axis.domain for axis in figure.select_xaxes()][place : place + 2] for place in (0, 1)
    )
    assert first[1] < second[0]
    assert figure.layout.yaxis3.domain[1] < figure.layout.yaxis.domain[0]
    assert figure.layout.yaxis.domain == figure.layout.yaxis2.domain
    assert third == second


def test_parallel_coordinates_have_one_line_per_complete_trial_through_every_parameter():
    figure = parallel_figure(six_trials(), "lstm")
    lines = [line for trace in figure.data for line in separate(trace)]
    assert len(lines) == 4
    assert {tuple(y for _, y in line) for line in lines} == {(0, -1, -2, -3)}
    names = [note.text for note in figure.layout.annotations if note.xanchor == "left"]
    assert names == ["value, higher is better", "gamma", "loss", "rate"]


def test_the_chosen_configuration_is_a_line_of_its_own_in_the_colour_of_its_model_type():
    figure = parallel_figure(six_trials(), "lstm")
    chosen = by_name(figure)["chosen"]
    (line,) = separate(chosen)
    assert line[0] == (1.0, 0)  # the best value, at the high end
    assert line[1][0] < 0  # it has no gamma
    assert line[3] == (pytest.approx(0.2), -3)
    assert chosen.line.color == colour_of("lstm")
    assert chosen.hovertext[3] == "trial 2: rate 0.2"
    assert "has no such parameter" in figure.layout.title.text


def test_the_best_tenth_is_told_apart_from_the_others():
    study = study_of(*(trial_of(n / 40, params={"rate": n / 40}, distributions={"rate": RATE}) for n in range(40)))
    drawn = by_name(parallel_figure(study, "mlp"))
    values = {name: sorted(line[0][0] for line in separate(trace)) for name, trace in drawn.items()}
    assert [len(values[name]) for name in ("other complete trials", "best tenth", "chosen")] == [36, 3, 1]
    assert max(values["other complete trials"]) < min(values["best tenth"]) < values["chosen"][0] == 1


def test_thousands_of_trials_are_three_traces():
    study = study_of(*(trial_of(n / 9, params={"rate": 0.5}, distributions={"rate": RATE}) for n in range(300)))
    assert len(parallel_figure(study, "mlp").data) == 3


def test_importance_is_ordered_with_the_largest_on_top():
    shares = {"rate": 0.2, "width": 0.7, "loss": 0.1}
    found = importance_figure("lstm", {"study_name": "a.lstm", "metric": "mcc", "n_trials": 9, "importance": shares})
    (bars,) = found.data
    assert list(bars.y) == ["loss", "rate", "width"]
    assert list(bars.x) == [0.1, 0.2, 0.7]
    assert found.layout.xaxis.title.text == "share in mcc (%)"
    assert "over 9 complete trials" in found.layout.title.text


def test_importance_has_whiskers_and_says_below_what_they_are_and_what_cannot_be_judged():
    importance = {"study_name": "a.lstm", "metric": "mcc", "n_trials": 9, "importance": {"rate": 0.2, "width": 0.7}}
    spread, remarks = {"rate": [0.1, 0.4], "width": [0.6, 0.8]}, ["gamma < loss cannot be judged"]
    found = importance_figure("lstm", {**importance, "spread": spread, "remarks": remarks})
    (bars,) = found.data
    assert list(bars.error_x.array) == pytest.approx([0.2, 0.1])
    assert list(bars.error_x.arrayminus) == pytest.approx([0.1, 0.1])
    assert re.sub("</?span[^>]*>", "", found.layout.title.text).split("<br>") == [
        "Parameter importance",
        "a.lstm",
        "PED-ANOVA over 9 complete trials",
        "whiskers: 80 % of resamples of the trials",
        "gamma &lt; loss cannot be judged",
    ]


@pytest.mark.parametrize("study_name", ["", "base.lstm"])
def test_importance_of_a_skipped_model_type_says_which_and_why(study_name):
    found = importance_figure("lstm", {"study_name": study_name, "storage": "s", "skipped": "not searched yet"})
    assert "lstm" in found.layout.title.text
    assert found.layout.annotations[0].text.startswith("not searched yet<br><br>")
