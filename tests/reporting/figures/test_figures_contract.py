"""What every figure must do, whatever the study holds: say what it shows, or why it shows nothing, on any page."""

import calendar
import html
import json
import pkgutil
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import optuna
import plotly.graph_objects as go
import plotly.io as pio
import pytest
from optuna.trial import FrozenTrial, TrialState
from tests.makers.figures import EMPTY, FAIL, FULL, METRIC, NAME, PRUNED, mixed, random_trial, said, study_with

from trading_hpo.analysis.convergence import best_so_far, complete_values, fold_scores
from trading_hpo.analysis.importance import parameter_importance
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting import figures
from trading_hpo.reporting.figures.comparison import comparison_figure, convergence_figure
from trading_hpo.reporting.figures.folds import ROLE_COLOURS
from trading_hpo.reporting.figures.parallel import parallel_figure
from trading_hpo.reporting.figures.search import history_figure, importance_figure
from trading_hpo.reporting.figures.slices import slice_figure
from trading_hpo.reporting.figures.style import (
    AXIS_LINE,
    BASELINE_COLOURS,
    GRID,
    LINE_WIDTH,
    NEUTRAL,
    PAPERS,
    TITLE_WIDTH,
    colour_of,
    luminance,
)

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


def _convergence(study: optuna.Study, model_type: str = "mlp") -> go.Figure:
    return convergence_figure({model_type: best_so_far(study)}, METRIC)


def _comparison(study: optuna.Study, model_type: str = "mlp") -> go.Figure:
    studies = {model_type: study}
    return comparison_figure(complete_values(studies), fold_scores(studies), METRIC)


def _importance(study: optuna.Study, model_type: str = "mlp") -> go.Figure:
    return importance_figure(model_type, parameter_importance(study))


OF_A_STUDY: dict[str, Callable[[optuna.Study, str], go.Figure]] = {
    "history": history_figure,
    "slice": slice_figure,
    "parallel": parallel_figure,
    "importance": _importance,
}
OF_MODEL_TYPES = {"convergence": _convergence, "comparison": _comparison}
FIGURES = {**OF_A_STUDY, **OF_MODEL_TYPES}


def plain(figure: go.Figure) -> dict[str, Any]:
    """The figure as it stands in its file, which must be strict JSON."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(figure.to_json(), parse_constant=refuse)


def shown(figure: go.Figure) -> int:
    """How many marks there are to see."""
    return sum(len(values) for trace in figure.data for axis in ("x", "y") if (values := trace[axis]) is not None)


# Whatever the study holds


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("kind", STUDIES)
@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES.keys())
def test_every_figure_shows_something_or_says_why_not_and_survives_its_file(draw, kind, direction):
    figure = draw(study_with(STUDIES[kind](), direction), "mlp")
    assert isinstance(figure, go.Figure)
    assert figure.layout.title.text
    assert shown(figure) or said(figure).strip()
    read = pio.from_json(figure.to_json())
    assert plain(read) == plain(figure)
    assert read == figure


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES.keys())
def test_a_full_study_is_drawn_and_names_what_it_is_about(draw):
    figure = draw(study_with(STUDIES["thirty"]()), "mlp")
    assert shown(figure) > 3
    assert METRIC in figure.to_json()
    assert NAME in figure.layout.title.text or METRIC in figure.layout.title.text


@pytest.mark.parametrize("draw", OF_A_STUDY.values(), ids=OF_A_STUDY.keys())
@pytest.mark.parametrize("kind", STUDIES)
def test_a_figure_of_a_study_names_it_drawn_or_not(draw, kind):
    assert NAME in draw(study_with(STUDIES[kind]()), "mlp").layout.title.text


@pytest.mark.parametrize("draw", OF_MODEL_TYPES.values(), ids=OF_MODEL_TYPES.keys())
@pytest.mark.parametrize("kind", STUDIES)
def test_a_figure_of_model_types_names_the_metric_drawn_or_not(draw, kind):
    assert METRIC in draw(study_with(STUDIES[kind]()), "mlp").layout.title.text


@pytest.mark.parametrize("draw", [history_figure, slice_figure, parallel_figure])
@pytest.mark.parametrize(
    ("kind", "begun", "remedy"),
    [
        ("empty", "0 begun", "`kedro run --pipeline hpo`"),
        ("failed", "5 begun: 5 failed", f"`kedro study failed {NAME}`"),
        ("pruned", "5 begun: 5 pruned", "hpo.pruner"),
        ("running", "1 begun: 1 running", "`kedro run --pipeline analysis`"),
    ],
)
def test_a_study_without_a_complete_trial_says_how_many_were_begun_and_what_to_do(draw, kind, begun, remedy):
    figure = draw(study_with(STUDIES[kind]()), "mlp")
    assert not figure.data
    assert said(figure).startswith(f"no complete trial yet, of {begun}")
    assert remedy.replace(" ", "") in said(figure).replace(" ", "")  # a long name has two lines


@pytest.mark.parametrize("draw", OF_MODEL_TYPES.values(), ids=OF_MODEL_TYPES.keys())
@pytest.mark.parametrize("kind", ["empty", "failed", "pruned", "running"])
def test_model_types_without_a_complete_trial_are_not_drawn(draw, kind):
    assert said(draw(study_with(STUDIES[kind]()))).startswith("no complete trial yet")


@pytest.mark.parametrize("draw", [slice_figure, parallel_figure])
def test_trials_without_parameters_leave_no_blank_figure(draw):
    assert said(draw(study_with(STUDIES["no parameters"]()), "mlp")).startswith("its trials have no parameters")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("one", "needs 4 complete trials"),
        ("pruned", "needs 4 complete trials"),
        ("equal values", "all complete trials have the same value"),
        ("no parameters", "all complete trials have the same parameters"),
    ],
)
def test_importance_that_cannot_be_told_says_why_and_what_to_do(kind, reason):
    words = said(_importance(study_with(STUDIES[kind]())))
    assert words.startswith(reason)
    assert "hpo.n_trials" in words


# On any page


def _axes(figure: go.Figure) -> Iterator[tuple[str, Any, Callable[[str], Any]]]:
    """Each axis that can be seen: its name, itself, and what it and the template say of one of its settings."""
    used = {(trace.xaxis or "x", trace.yaxis or "y") for trace in figure.data}
    for letter, names in (("x", {x for x, _ in used}), ("y", {y for _, y in used})):
        template = figure.layout.template.layout[f"{letter}axis"]
        for name in sorted(names):
            axis = figure.layout[f"{letter}axis{name[1:]}"]
            if axis.visible is not False:
                yield (
                    name,
                    axis,
                    lambda key, axis=axis, template=template: template[key] if axis[key] is None else axis[key],
                )


def _on(figure: go.Figure, name: str) -> list[Any]:
    letter = name[0]
    return [
        value
        for trace in figure.data
        if (trace[f"{letter}axis"] or letter) == name
        for value in np.asarray(trace[letter]).tolist()
        if value is not None
    ]


def _colours(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key.endswith("color") and isinstance(value, str):
                yield value
            else:
                yield from _colours(value)
    elif isinstance(part, list):
        for one in part:
            yield from _colours(one)


EACH_FULL = pytest.mark.parametrize("draw", FULL.values(), ids=FULL.keys())
EACH = pytest.mark.parametrize(
    "draw", [*FULL.values(), *EMPTY.values()], ids=[*FULL, *(f"empty {name}" for name in EMPTY)]
)


def test_every_figure_of_the_package_has_a_full_and_an_empty_case():
    functions = {
        name
        for module in pkgutil.iter_modules(figures.__path__, f"{figures.__name__}.")
        for name, own in vars(import_module(module.name)).items()
        if name.endswith("_figure") and not name.startswith("_") and own.__module__ == module.name
    }
    assert functions == {name.split(",")[0] for name in FULL} == {name.split(",")[0] for name in EMPTY}


def _is_calendar(axis: Any, values: list[Any]) -> bool:
    """Whether dates are at the ticks, or names of months, or years of four digits."""
    named = {*calendar.month_abbr[1:], "year"}
    whole = [str(value) for value in values]
    return axis.type == "date" or (
        axis.type == "category" and ({*whole} <= named or all(re.fullmatch(r"(19|20)\d\d", one) for one in whole))
    )


@EACH_FULL
def test_every_axis_has_a_title_unless_it_says_itself_what_it_is(draw):
    figure = draw()
    for name, axis, _ in _axes(figure):
        assert axis.title.text or axis.showticklabels is False or _is_calendar(axis, _on(figure, name)), name


OF_NO_METRIC = {
    "equity_figure": "wealth and drawdown",
    "calibration_figure": "forecasts and what was observed, in the unit of the target",
    "importance_figure": "shares in a metric",
    "monthly_figure": "returns",
    "exposure_figure": "shares of the capital",
    "assets_figure": "percentage points of a return",
    "folds_figure": "dates",
    "overfitting_figure": "logits of ranks",
}
WITH_SHARPE = [name for name in FULL if name.split(",")[0] not in OF_NO_METRIC and "long names" not in name]


@pytest.mark.parametrize("name", WITH_SHARPE)
def test_a_metric_stands_with_its_unit(name):
    figure = FULL[name]()
    texts = [axis.title.text or "" for _, axis, _ in _axes(figure)] + [note.text for note in figure.layout.annotations]
    assert any("sharpe (per year)" in text.replace("<br>", " ") for text in texts)


@pytest.mark.parametrize("name", [n for n in FULL if n.startswith(("equity", "importance", "exposure"))])
def test_a_share_is_in_percent_and_says_so(name):
    in_percent = [axis for _, axis, _ in _axes(FULL[name]()) if "(%)" in (axis.title.text or "")]
    assert [axis.tickformat[-1] for axis in in_percent] == ["%"]


def test_a_time_axis_has_dates_and_the_heading_says_from_when_to_when():
    figure = FULL["equity_figure"]()
    assert {axis.type for name, axis, _ in _axes(figure) if name.startswith("x")} == {"date"}
    assert "2019-08-08 to 2022-11-16, 855 bars" in figure.layout.title.text
    assert "(UTC)" in figure.layout.xaxis2.title.text


@pytest.mark.parametrize("name", ["exposure_figure", "folds_figure"])
def test_other_time_axes_have_dates_and_say_of_which_clock(name):
    figure = FULL[name]()
    assert figure.layout.xaxis.type == "date"
    assert "(UTC)" in figure.layout.xaxis.title.text


@EACH_FULL
def test_whole_numbers_have_whole_ticks(draw):
    figure = draw()
    for name, axis, _ in _axes(figure):
        values = _on(figure, name)
        if axis.type in {"category", "date"} or not all(isinstance(v, int | float) and v == int(v) for v in values):
            continue
        if axis.tickmode == "array":
            assert all(tick == int(tick) for tick in axis.tickvals), name
        else:
            assert axis.tickmode == "linear", name
            assert axis.dtick >= 1, name
            assert axis.dtick == int(axis.dtick), name
            assert axis.tick0 == int(axis.tick0), name


def test_epochs_trials_and_layers_are_among_the_whole_numbers():
    seen = {
        axis.title.text
        for name in ("history_figure", "convergence_figure", "slice_figure")
        for figure in (FULL[name](),)
        for place, axis, _ in _axes(figure)
        if place.startswith("x") and all(isinstance(v, int | float) and v == int(v) for v in _on(figure, place))
    }
    assert {"trial", "epochs trained, all folds and trials", "layers", "width"} <= seen


@EACH
def test_a_figure_takes_the_width_of_its_page_and_leaves_room_for_what_is_written(draw):
    figure = draw()
    assert figure.layout.width is None
    assert figure.layout.height >= 150
    template = figure.layout.template.layout
    assert template.paper_bgcolor == template.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.paper_bgcolor is figure.layout.plot_bgcolor is None
    assert (template.legend.orientation, template.legend.yref, template.legend.y) == ("h", "container", 0)
    assert [name for name, _, says in _axes(figure) if says("automargin") is not True] == []


@EACH
def test_no_line_is_longer_than_a_narrow_page(draw):
    figure = draw()
    lines = html.unescape(re.sub("</?span[^>]*>", "", figure.layout.title.text)).split("<br>")
    assert len(lines[0]) <= TITLE_WIDTH
    assert max(map(len, lines)) <= LINE_WIDTH
    assert all(len(trace.name or "") <= LINE_WIDTH for trace in figure.data)


GREYS = {NEUTRAL, GRID, AXIS_LINE, "rgba(0,0,0,0)", "rgba(128,128,128,0.6)"}


@pytest.mark.parametrize("name", FULL)
def test_colours_are_those_of_model_types_and_baselines_or_grey(name):
    drawn = plain(FULL[name]())
    drawn["layout"].pop("template")
    # The roles of bars in a fold belong to no model type.
    marks = ROLE_COLOURS.values() if name == "folds_figure" else map(colour_of, MODEL_TYPES)
    assert set(_colours(drawn)) <= {*marks, *BASELINE_COLOURS.values(), *GREYS}


@pytest.mark.parametrize("draw", EMPTY.values(), ids=EMPTY.keys())
def test_an_empty_figure_is_grey(draw):
    drawn = plain(draw())
    drawn["layout"].pop("template")
    assert set(_colours(drawn)) <= GREYS


def _is_heat_map(figure: go.Figure) -> bool:
    return {trace.type for trace in figure.data} == {"heatmap"}


HEAT_MAPS = ["monthly_figure", "assets_figure"]


def test_the_heat_maps_are_all_named():
    assert [name for name in FULL if _is_heat_map(FULL[name]())] == HEAT_MAPS


@pytest.mark.parametrize("name", HEAT_MAPS)
def test_a_heat_map_has_a_colour_bar_with_a_unit_on_which_a_loss_is_as_strong_as_an_equal_gain(name):
    figure = FULL[name]()
    assert {trace.coloraxis for trace in figure.data} == {"coloraxis"}
    scale = figure.layout.coloraxis
    assert scale.showscale is not False
    assert scale.colorbar.ticksuffix.strip() in figure.layout.title.text
    assert scale.cmin == -scale.cmax
    values = np.abs([value for trace in figure.data for value in np.ravel(trace.z) if not np.isnan(value)])
    assert 0 < scale.cmax <= values.max()


@pytest.mark.parametrize("name", HEAT_MAPS)
def test_the_numbers_of_a_heat_map_are_read_on_light_and_on_dark_paper(name):
    for share, colour in FULL[name]().layout.coloraxis.colorscale:
        *parts, opacity = map(float, re.findall(r"[\d.]+", colour))
        for paper, ink in zip(PAPERS, ("#222222", "#e6e6e6"), strict=True):  # of PAGE_CSS
            under = [int(paper[place : place + 2], 16) for place in (1, 3, 5)]
            mixed = [round(opacity * top + (1 - opacity) * below) for top, below in zip(parts, under, strict=True)]
            light, dark = sorted((luminance("#" + "".join(f"{one:02X}" for one in mixed)), luminance(ink)))[::-1]
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (share, paper)


@EACH_FULL
def test_the_mouse_says_what_a_mark_is_and_nothing_is_said_twice(draw):
    for trace in draw().data:
        if [x for x in trace.x if x is not None]:
            assert trace.hoverinfo in {"skip", "text"} or trace.hovertemplate.endswith("<extra></extra>"), trace.name


@EACH_FULL
def test_different_marks_are_told_apart_by_a_legend(draw):
    figure = draw()
    if figure.layout.title.text.startswith("Parameter importance"):
        return  # bars of one kind
    if _is_heat_map(figure):
        return  # colours are numbers, and each panel or column has its name
    assert [trace.name for trace in figure.data if trace.showlegend]
    assert all(trace.name for trace in figure.data if trace.showlegend is not False)


@pytest.mark.parametrize("draw", EMPTY.values(), ids=EMPTY.keys())
def test_an_empty_figure_says_why_and_what_to_do(draw):
    figure = draw()
    assert not figure.data
    (words,) = figure.layout.annotations
    why, remedy = words.text.split("<br><br>")
    assert len(why.split()) >= 2
    assert len(remedy.split()) >= 5
    assert remedy.endswith((".", "failed."))
    assert max(map(len, html.unescape(words.text).split("<br>"))) <= LINE_WIDTH


def test_wealth_of_the_baselines_alone_says_that_nothing_was_judged_yet():
    assert "No model type was judged" in FULL["equity_figure, baselines alone"]().layout.title.text


# Colours of model types

COLOURED: dict[str, Callable[[str], set[str]]] = {
    "history": lambda name: {t.marker.color for t in history_figure(study_with(mixed()), name).data if t.marker.color},
    "slice": lambda name: {t.marker.color for t in slice_figure(study_with(mixed()), name).data},
    "parallel": lambda name: {t.line.color for t in parallel_figure(study_with(mixed()), name).data},
    "importance": lambda name: {t.marker.color for t in _importance(study_with(mixed()), name).data},
    "convergence": lambda name: {t.line.color for t in _convergence(study_with(mixed()), name).data},
    "comparison": lambda name: {t.marker.color for t in _comparison(study_with(mixed()), name).data},
}


@pytest.mark.parametrize("model_type", MODEL_TYPES)
@pytest.mark.parametrize("colours", COLOURED.values(), ids=COLOURED.keys())
def test_a_model_type_keeps_its_colour_in_every_figure(colours, model_type):
    assert colours(model_type) - {NEUTRAL} == {colour_of(model_type)}
