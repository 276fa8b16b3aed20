"""Every complete trial as a line through its parameters, one below the other: a narrow page has room for all."""

from collections.abc import Sequence
from math import ceil
from typing import Any

import optuna
import plotly.graph_objects as go
from optuna.trial import FrozenTrial

from trading_hpo.analysis.importance import BEST_SHARE
from trading_hpo.escaping import plotly_text
from trading_hpo.reporting.figures.axes import linear_ticks, tick_text
from trading_hpo.reporting.figures.parameter_axes import ParameterAxis, parameter_axes
from trading_hpo.reporting.figures.search import why_nothing_complete
from trading_hpo.reporting.figures.slices import NO_PARAMETERS
from trading_hpo.reporting.figures.style import AXIS_LINE, NEUTRAL, colour_of, note, shortened, styled, with_direction
from trading_hpo.study.ranking import goals_of, ranked

_ROW_PX = 66
_NONE = "–"
_ABSENT = -0.13  # where the line of a trial goes that does not have the parameter
_ENDS = (-0.2, 1.12)  # of the paper: texts at 0 and 1 have room
_LETTERS = 40  # that fit side by side below an axis on a narrow page
_NAME_LETTERS = 40
_EDGE_LETTERS, _EDGE_PX = 7, 28  # of a tick at the right end: from where on it is moved, and how far it reaches beyond


def parallel_figure(study: optuna.Study, model_type: str) -> go.Figure:
    """Return every complete trial as a line through its value and its parameters; the best tenth is coloured.

    The ends of an axis are what was searched, those of the value what was found.
    """
    title, below = "Configurations", [study.study_name]
    if nothing := why_nothing_complete(study):
        return note(title, *nothing, below=below)
    best_first = ranked(study)
    axes = [_value_axis(study, best_first), *parameter_axes(best_first)]
    if len(axes) == 1:
        return note(title, *NO_PARAMETERS, below=below)
    if any(None in axis.places for axis in axes):
        below.append(f"A line at {_NONE} has no such parameter.")
    n_best = ceil(BEST_SHARE * len(best_first))
    colour = colour_of(model_type)
    figure = go.Figure()
    for name, places, line, opacity in (
        ("other complete trials", range(n_best, len(best_first)), {"color": NEUTRAL, "width": 1}, 0.4),
        ("best tenth", range(1, n_best), {"color": colour, "width": 1.5}, 0.8),
        ("chosen", range(1), {"color": colour, "width": 3.5}, 1.0),
    ):
        if places:
            figure.add_trace(_lines(name, axes, best_first, places, line, opacity))
    _draw_axes(figure, axes)
    styled(figure, title, below=below, plot_height_px=_ROW_PX * len(axes))
    figure.update_xaxes(visible=False, range=_ENDS, fixedrange=True)
    return figure.update_yaxes(visible=False, range=[0.6 - len(axes), 0.6], fixedrange=True)


def _value_axis(study: optuna.Study, trials: Sequence[FrozenTrial]) -> ParameterAxis:
    values = [float(trial.values[0]) for trial in trials]
    low, high = min(values), max(values)
    ticks = tuple((tick, tick_text(tick)) for tick in linear_ticks(low, high, most=4))
    texts = tuple(f"{value:.4f}" for value in values)
    goal = goals_of(study)[0]
    return ParameterAxis(with_direction(goal.metric, goal.direction), "linear", low, high, tuple(values), texts, ticks)


def _lines(
    name: str,
    axes: Sequence[ParameterAxis],
    trials: Sequence[FrozenTrial],
    places: Sequence[int],
    line: dict[str, Any],
    opacity: float,
) -> go.Scatter:
    """Return one trace for all lines, which end at a gap: a trace for each of thousands of trials stops a browser."""
    x: list[float | None] = []
    y: list[float | None] = []
    words: list[str] = []
    for place in places:
        for row, axis in enumerate(axes):
            own = axis.places[place]
            x.append(_ABSENT if own is None else axis.share(own))
            y.append(-float(row))
            own_text = plotly_text(f"{axis.name} {axis.texts[place] or _NONE}")
            words.append(f"trial {trials[place].number}: {own_text}")
        x.append(None)
        y.append(None)
        words.append("")
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines",
        line=line,
        opacity=opacity,
        showlegend=True,
        hovertext=words,
        hoverinfo="text",
    )


def _draw_axes(figure: go.Figure, axes: Sequence[ParameterAxis]) -> None:
    for row, axis in enumerate(axes):
        figure.add_shape(
            type="line", x0=0, x1=1, y0=-row, y1=-row, layer="below", line={"color": AXIS_LINE, "width": 1}
        )
        _write(figure, _ENDS[0], -row + 0.08, shortened(axis.name, _NAME_LETTERS), "left", "bottom")
        if None in axis.places:
            _write(figure, _ABSENT, -row - 0.05, _NONE, "center", "top")
        # Long texts stand in two lines by turns.
        levels = 1 if sum(len(text) + 1 for _, text in axis.ticks) <= _LETTERS else 2
        room = max(3, levels * _LETTERS // len(axis.ticks) - 2)
        for number, (place, text) in enumerate(axis.ticks):
            at_the_edge = axis.share(place) > 0.9 and len(text) > _EDGE_LETTERS
            y, anchor = -row - 0.05 - 0.22 * (number % levels), "right" if at_the_edge else "center"
            _write(figure, axis.share(place), y, shortened(text, room), anchor, "top", _EDGE_PX if at_the_edge else 0)


def _write(figure: go.Figure, x: float, y: float, text: str, xanchor: str, yanchor: str, xshift: int = 0) -> None:
    figure.add_annotation(
        x=x,
        y=y,
        text=plotly_text(text),
        xanchor=xanchor,
        yanchor=yanchor,
        xshift=xshift,
        showarrow=False,
        font={"size": 11},
    )
