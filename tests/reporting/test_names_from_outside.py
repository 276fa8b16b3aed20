"""Names and values of somebody else's study in tables and figures: shown, and nothing else."""

import io
import json
import re
import shlex

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from rich.console import Console
from tests.makers.studies import study_of, trial_of
from tests.reporting.test_report import reported, result_of

from trading_hpo.reporting.figures.parallel import parallel_figure
from trading_hpo.reporting.figures.pareto import pareto_figure
from trading_hpo.reporting.figures.search import history_figure, importance_figure
from trading_hpo.reporting.figures.slices import slice_figure
from trading_hpo.reporting.studies import best_lines, failures, studies_table, study_lines
from trading_hpo.reporting.table import render
from trading_hpo.reporting.trials_table import trials_view

NAME, METRIC, OTHER = "<b>own</b>$x$[red]\n\x1b[31m.mlp", "<i>mcc</i>[bold]", "<u>size</u>"
SPACE = {"<a href='x'>rate</a>": FloatDistribution(0, 1), "[loss]": CategoricalDistribution(["<s>focal</s>", "bce"])}


@pytest.fixture
def study():
    params = [dict(zip(SPACE, values, strict=True)) for values in ((0.1, "<s>focal</s>"), (0.2, "bce"), (0.3, "bce"))]
    trials = [trial_of(0.1 * n, 1.0 - n, params=one, distributions=SPACE) for n, one in enumerate(params)]
    return study_of(*trials, name=NAME, directions=("maximize", "minimize"), metrics=(METRIC, OTHER))


def printed(renderable):
    written = io.StringIO()
    Console(file=written, width=400, highlight=False).print(renderable)
    return written.getvalue()


def test_tables_show_every_letter_of_a_name(study):
    listed, trials = printed(studies_table([(study, "sqlite:///x.db")])), printed(trials_view(study, 9))
    assert r"<b>own</b>$x$[red]\n\x1b[31m.mlp" in listed
    for shown in (METRIC, OTHER, "<a href='x'>rate</a>", "[loss]", "<s>focal</s>"):
        assert shown in trials
    lines = [*study_lines(study, "sqlite:///x.db"), *best_lines(study), *failures(study)]
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("figure_of", [history_figure, slice_figure, parallel_figure, pareto_figure])
def test_figures_have_no_markup_of_a_study(study, figure_of):
    written = json.dumps(json.loads(figure_of(study, "mlp").to_json()), ensure_ascii=False).replace("<extra>", "")
    for markup in ("<b>", "<i>", "<u>", "<a ", "<s>", "$x$", "\\u001b"):
        assert markup not in written
    assert r"&lt;b&gt;own&lt;/b&gt;&#36;x&#36;[red]" in written


def test_importance_has_names_of_parameters_as_they_are():
    importance = {"importance": {"<b>rate</b>": 0.7}, "metric": METRIC, "n_trials": 9, "study_name": NAME}
    figure = importance_figure("mlp", importance)
    assert figure.data[0].y == ("&lt;b&gt;rate&lt;/b&gt;",)
    ours = re.compile("<br>|</?span[^>]*>")
    assert "<" not in ours.sub("", figure.layout.title.text + figure.layout.xaxis.title.text)


def test_a_choice_is_at_the_place_that_its_axis_gives_it(study):
    figure = slice_figure(study, "mlp")
    (axis,) = [axis for axis in figure.select_xaxes() if axis.title.text == "[loss]"]
    assert dict(zip(axis.tickvals, axis.ticktext, strict=True)) == {0: "&lt;s&gt;focal&lt;/s&gt;", 1: "bce"}
    (trace,) = [one for one in figure.data if one.name == "complete trial" and f"x{axis.plotly_name[5:]}" == one.xaxis]
    assert list(trace.x) == [0, 1, 1]


def test_the_line_to_be_typed_is_one_argument_of_a_shell():
    name = "own'; rm -r *"
    result = {**result_of("mlp", metric=METRIC), "study_name": name}
    report = reported([result], [{"skipped": ""}], verdicts={})
    said = printed(render(report))
    assert f"Best configurations by {METRIC}" in said
    (typed,) = [line for line in said.splitlines() if "kedro study best" in line]
    assert shlex.split(typed) == ["kedro", "study", "best", name]
