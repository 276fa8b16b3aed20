"""What every figure must do, whatever the study holds: say what it shows, or why it shows nothing."""

import json
from collections.abc import Callable

import numpy as np
import optuna
import plotly.graph_objects as go
import plotly.io as pio
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.analysis.convergence import best_so_far, complete_values, fold_scores
from trading_hpo.analysis.importance import parameter_importance
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.figures.comparison import comparison_figure, convergence_figure
from trading_hpo.reporting.figures.search import history_figure, importance_figure, parallel_figure, slice_figure
from trading_hpo.reporting.figures.style import colour_of

COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL
NAME, METRIC = "test-sp500_20-direction1.mlp", "sharpe"
DISTRIBUTIONS = {
    "rate": FloatDistribution(1e-4, 1e-1, log=True),
    "width": IntDistribution(8, 64),
    "batch": CategoricalDistribution([32, 64]),
    "norm": CategoricalDistribution([True, False]),
    "loss": CategoricalDistribution(["focal", "bce"]),
    "gamma": FloatDistribution(0, 5),  # only with the focal loss
}


def random_trial(number: int, state: TrialState = COMPLETE, **fixed) -> FrozenTrial:
    rng = np.random.default_rng(number)
    params = {
        "rate": float(10 ** rng.uniform(-4, -1)),
        "width": int(rng.integers(8, 65)),
        "batch": int(rng.choice([32, 64])),
        "norm": bool(rng.random() < 0.5),
        "loss": "focal" if number % 3 else "bce",
        **({"gamma": float(rng.uniform(0, 5))} if number % 3 else {}),
    }
    value = float(fixed.get("value", rng.normal()))
    params = fixed.get("params", params)
    folds = [{"fold": fold, "metrics": {METRIC: value + fold - 0.5}} for fold in (0, 1)]
    return trial_of(
        None if state == FAIL or not state.is_finished() else value,
        state=state,
        params=params,
        distributions=DISTRIBUTIONS,
        reports={1: value},
        cost={"epochs": 6.0, "training_time_s": 1.5},
        folds=folds,
    )


def mixed() -> list[FrozenTrial]:
    return [
        random_trial(number, FAIL if number % 10 == 4 else PRUNED if number % 5 == 2 else COMPLETE)
        for number in range(30)
    ]


STUDIES: dict[str, Callable[[], list[FrozenTrial]]] = {
    "empty": list,
    "one": lambda: [random_trial(0)],
    "failed": lambda: [random_trial(number, FAIL) for number in range(5)],
    "pruned": lambda: [random_trial(number, PRUNED) for number in range(5)],
    "running": lambda: [random_trial(0, TrialState.RUNNING)],
    "thirty": mixed,
    "equal values": lambda: [random_trial(number, value=0.0) for number in range(6)],
    "no parameters": lambda: [random_trial(number, params={}) for number in range(6)],
    "one condition met": lambda: [random_trial(number) for number in (0, 3, 6, 9)],
}


def study_with(trials: list[FrozenTrial], direction: str = "maximize", name: str = NAME) -> optuna.Study:
    return study_of(*trials, name=name, directions=[direction], metrics=[METRIC])


def _convergence(study: optuna.Study, model_type: str = "mlp") -> go.Figure:
    return convergence_figure({model_type: best_so_far(study)}, METRIC)


def _comparison(study: optuna.Study, model_type: str = "mlp") -> go.Figure:
    studies = {model_type: study}
    return comparison_figure(complete_values(studies), fold_scores(studies), METRIC)


def _importance(study: optuna.Study, model_type: str = "mlp") -> go.Figure:
    return importance_figure(model_type, parameter_importance(study))


OF_A_STUDY: dict[str, Callable[[optuna.Study], go.Figure]] = {
    "history": history_figure,
    "slice": slice_figure,
    "parallel": parallel_figure,
    "importance": _importance,
}
OF_MODEL_TYPES = {"convergence": _convergence, "comparison": _comparison}
FIGURES = {**OF_A_STUDY, **OF_MODEL_TYPES}


def plain(figure: go.Figure) -> dict:
    """The figure as it stands in its file, which must be strict JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(figure.to_json(), parse_constant=refuse)


def shown(figure: go.Figure) -> int:
    """How many marks there are to see."""
    return sum(len(values) for trace in figure.data for axis in ("x", "y") if (values := trace[axis]) is not None)


def said(figure: go.Figure) -> str:
    return " ".join(annotation.text for annotation in figure.layout.annotations)


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("kind", STUDIES)
@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES.keys())
def test_every_figure_shows_something_or_says_why_not_and_survives_its_file(draw, kind, direction):
    figure = draw(study_with(STUDIES[kind](), direction))
    assert isinstance(figure, go.Figure)
    assert figure.layout.title.text
    assert shown(figure) or said(figure).strip()
    read = pio.from_json(figure.to_json())
    assert plain(read) == plain(figure)
    assert read == figure


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES.keys())
def test_a_full_study_is_drawn_and_names_what_it_is_about(draw):
    figure = draw(study_with(STUDIES["thirty"]()))
    assert shown(figure) > 3
    assert METRIC in figure.to_json()
    assert NAME in figure.layout.title.text or METRIC in figure.layout.title.text


@pytest.mark.parametrize("draw", OF_A_STUDY.values(), ids=OF_A_STUDY.keys())
@pytest.mark.parametrize("kind", STUDIES)
def test_a_figure_of_a_study_names_it_drawn_or_not(draw, kind):
    assert NAME in draw(study_with(STUDIES[kind]())).layout.title.text


@pytest.mark.parametrize("draw", OF_MODEL_TYPES.values(), ids=OF_MODEL_TYPES.keys())
@pytest.mark.parametrize("kind", STUDIES)
def test_a_figure_of_model_types_names_the_metric_drawn_or_not(draw, kind):
    assert METRIC in draw(study_with(STUDIES[kind]())).layout.title.text


@pytest.mark.parametrize("draw", [history_figure, slice_figure, parallel_figure])
@pytest.mark.parametrize(("kind", "begun"), [("empty", 0), ("failed", 5), ("pruned", 5), ("running", 1)])
def test_a_study_without_a_complete_trial_says_how_many_were_begun(draw, kind, begun):
    figure = draw(study_with(STUDIES[kind]()))
    assert not figure.data
    assert said(figure) == f"no complete trial yet, of {begun} begun"


@pytest.mark.parametrize("draw", OF_MODEL_TYPES.values(), ids=OF_MODEL_TYPES.keys())
@pytest.mark.parametrize("kind", ["empty", "failed", "pruned", "running"])
def test_model_types_without_a_complete_trial_are_not_drawn(draw, kind):
    assert said(draw(study_with(STUDIES[kind]()))) == "no complete trial yet"


@pytest.mark.parametrize("draw", [slice_figure, parallel_figure])
def test_trials_without_parameters_leave_no_blank_figure(draw):
    assert said(draw(study_with(STUDIES["no parameters"]()))) == "its trials have no parameters"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("one", "needs 4 complete trials"),
        ("pruned", "needs 4 complete trials"),
        ("equal values", "all complete trials have the same value"),
        ("no parameters", "all complete trials have the same parameters"),
    ],
)
def test_importance_that_cannot_be_told_says_why(kind, reason):
    assert said(_importance(study_with(STUDIES[kind]()))) == reason


COLOURED = {
    "importance": (_importance, lambda trace: trace.marker.color),
    "convergence": (_convergence, lambda trace: trace.line.color),
    "comparison": (_comparison, lambda trace: trace.marker.color),
}


@pytest.mark.parametrize("model_type", MODEL_TYPES)
@pytest.mark.parametrize(("draw", "drawn_in"), COLOURED.values(), ids=COLOURED.keys())
def test_a_model_type_keeps_its_colour_in_every_figure(draw, drawn_in, model_type):
    figure = draw(study_with(mixed()), model_type)
    assert {drawn_in(trace) for trace in figure.data} == {colour_of(model_type)}


def test_no_two_model_types_share_a_colour_however_many_there_are(monkeypatch):
    more = [*MODEL_TYPES, *(f"plugged_in_{number}" for number in range(20))]
    monkeypatch.setattr("trading_hpo.reporting.figures.style.MODEL_TYPES", more)
    assert len({colour_of(model_type) for model_type in more}) == len(more)
