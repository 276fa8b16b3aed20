"""The value of every complete trial against each parameter."""

from collections.abc import Sequence
from math import log10
from typing import Any

import optuna
import plotly.graph_objects as go

from trading_hpo.escaping import plotly_text
from trading_hpo.reporting.figures.parameter_axes import ParameterAxis, parameter_axes
from trading_hpo.reporting.figures.search import why_nothing_complete
from trading_hpo.reporting.figures.style import NEUTRAL, colour_of, name_lines, note, styled, with_unit
from trading_hpo.study.ranking import best_trial, complete_trials, metric_of

NO_PARAMETERS = ("its trials have no parameters", "Give the model type a search space to see what a parameter does.")
_COLUMNS = 2  # more have no room for their ticks on a narrow page
_GAP = 0.1  # between columns, as a share of the width
# In pixels: a panel; below it its ticks, a line of its title, a letter of a tick that is turned, what is left free.
_PANEL, _TICKS, _LINE, _LETTER, _FREE = 130, 24, 17, 7.5, 28
_LETTERS = 16  # that fit side by side below a panel on a narrow page


def slice_figure(study: optuna.Study, model_type: str) -> go.Figure:
    """Return the value of every complete trial against each parameter that it has; the range is what was searched."""
    title, below = "Value by parameter", [study.study_name]
    if nothing := why_nothing_complete(study):
        return note(title, *nothing, below=below)
    axes = parameter_axes(complete_trials(study))
    if not axes:
        return note(title, *NO_PARAMETERS, below=below)
    figure = go.Figure()
    for panel, axis in enumerate(axes, start=1):
        figure.add_trace(_points(study, axis, panel, {"color": colour_of(model_type), "size": 6}))
    for panel, axis in enumerate(axes, start=1):
        ring = {"color": NEUTRAL, "size": 14, "symbol": "circle-open", "line": {"width": 2}}
        figure.add_trace(_points(study, axis, panel, ring, chosen=True))
    rows = [axes[start : start + _COLUMNS] for start in range(0, len(axes), _COLUMNS)]
    gaps = [max(map(_room_below, row)) for row in rows]
    height = _PANEL * len(rows) + round(sum(gaps[:-1]))
    styled(figure, title, below=below, plot_height_px=height)
    top = float(height)
    for row, gap in zip(rows, gaps, strict=True):
        for axis in row:
            _place(figure, axes.index(axis), axis, [(top - _PANEL) / height, top / height], len(axes))
        top -= _PANEL + gap
    return figure.update_yaxes(nticks=4).for_each_yaxis(
        lambda own: own.update(title_text=name_lines(with_unit(metric_of(study)), _LETTERS), matches="y"),
        {"showticklabels": None},
    )


def _points(
    study: optuna.Study, axis: ParameterAxis, panel: int, marker: dict[str, Any], *, chosen: bool = False
) -> go.Scatter:
    best = best_trial(study)
    drawn = [
        (trial, place, text)
        for trial, place, text in zip(complete_trials(study), axis.places, axis.texts, strict=True)
        if place is not None and (not chosen or (best is not None and trial.number == best.number))
    ]
    return go.Scatter(
        x=[place for _, place, _ in drawn],
        y=[trial.values[0] for trial, _, _ in drawn],
        mode="markers",
        marker=marker,
        name="chosen" if chosen else "complete trial",
        legendgroup="chosen" if chosen else "complete trial",
        showlegend=panel == 1,
        xaxis=f"x{panel}",
        yaxis=f"y{panel}",
        customdata=[[trial.number, plotly_text(text)] for trial, _, text in drawn],
        hovertemplate=(
            f"trial %{{customdata[0]}}: {plotly_text(axis.name)} %{{customdata[1]}}"
            f"<br>{plotly_text(with_unit(metric_of(study)))} %{{y:.4f}}<extra></extra>"
        ),
    )


def _place(figure: go.Figure, place: int, axis: ParameterAxis, domain: Sequence[float], n_axes: int) -> None:
    """Put a panel into its row and column; only the first column has ticks of the value."""
    panel, column = place + 1, place % _COLUMNS
    columns = min(_COLUMNS, n_axes)
    width = (1 - _GAP * (columns - 1)) / columns
    left = column * (width + _GAP)
    figure.layout[f"xaxis{panel}"] = {
        "title": {"text": name_lines(axis.name, _LETTERS)},
        "anchor": f"y{panel}",
        "domain": [left, min(left + width, 1.0)],
        **_ticks(axis),
    }
    own: dict[str, Any] = {"anchor": f"x{panel}", "domain": [max(0.0, domain[0]), min(1.0, domain[1])]}
    figure.layout[f"yaxis{panel}"] = own | ({"showticklabels": False} if column else {})


def _ticks(axis: ParameterAxis) -> dict[str, Any]:
    """Return the settings of a parameter's axis; marks at its ends are not cut."""
    low, high = (log10(axis.low), log10(axis.high)) if axis.scale == "log" else (axis.low, axis.high)
    pad = 0.06 * (high - low) or 0.5
    return {
        "type": "log" if axis.scale == "log" else "linear",
        "range": [low - pad, high + pad],
        "tickmode": "array",
        "tickvals": [tick for tick, _ in axis.ticks],
        "ticktext": [plotly_text(text) for _, text in axis.ticks],
        "tickangle": -90 if _is_turned(axis) else 0,
    }


def _is_turned(axis: ParameterAxis) -> bool:
    return len(axis.ticks) * (max(len(text) for _, text in axis.ticks) + 1) > _LETTERS + 2


def _room_below(axis: ParameterAxis) -> float:
    ticks = max(len(text) for _, text in axis.ticks) * _LETTER if _is_turned(axis) else _TICKS
    return ticks + _LINE * (1 + name_lines(axis.name, _LETTERS).count("<br>")) + _FREE
