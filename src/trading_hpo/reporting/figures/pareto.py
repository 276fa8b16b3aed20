"""What one objective costs in another."""

from collections.abc import Sequence
from itertools import pairwise

import optuna
import plotly.graph_objects as go
from optuna.trial import FrozenTrial
from plotly.subplots import make_subplots

from trading_hpo.engine.trial_record import violation
from trading_hpo.escaping import plotly_text
from trading_hpo.reporting.figures.search import why_nothing_complete
from trading_hpo.reporting.figures.style import (
    AXIS_WIDTH,
    NEUTRAL,
    colour_of,
    lines_of,
    note,
    styled,
    with_direction,
    with_unit,
)
from trading_hpo.study.ranking import WeightedGoal, best_trial, complete_trials, goals_of, pareto_front

_PANEL_PX, _GAP_PX = 240, 70
ONE_OBJECTIVE = (
    "one objective: its front is the best trial",
    "A second one under hpo.objectives shows what one costs in another.",
)


def pareto_figure(study: optuna.Study, model_type: str) -> go.Figure:
    """Return every complete trial by its objectives: the front, what it beats, what breaks a constraint, the choice.

    With more than two objectives the first is drawn against each of the others.
    """
    title, below = "Pareto front", [study.study_name]
    goals = goals_of(study)
    if len(goals) == 1:
        return note(title, *ONE_OBJECTIVE, below=below)
    if nothing := why_nothing_complete(study):
        return note(title, *nothing, below=below)
    panels = len(goals) - 1
    height = _PANEL_PX * panels + _GAP_PX * (panels - 1)
    figure = make_subplots(rows=panels, vertical_spacing=_GAP_PX / height if panels > 1 else 0)
    for row, goal in enumerate(goals[1:], start=1):
        for name, symbol, colour, trials in _groups(study, colour_of(model_type)):
            figure.add_trace(_points(name, symbol, colour, trials, goals, row), row=row, col=1)
        figure.update_xaxes(
            title_text=lines_of(with_direction(goal.metric, goal.direction), AXIS_WIDTH), row=row, col=1
        )
        figure.update_yaxes(
            title_text=lines_of(with_direction(goals[0].metric, goals[0].direction), _PANEL_PX // 9),
            nticks=5,
            row=row,
            col=1,
        )
    return styled(figure, title, below=below, plot_height_px=height)


def _groups(study: optuna.Study, colour: str) -> list[tuple[str, str, str, list[FrozenTrial]]]:
    front, best = pareto_front(study), best_trial(study)
    numbers = {trial.number for trial in front}
    rest = [trial for trial in complete_trials(study) if trial.number not in numbers]
    groups = [
        ("breaks a constraint", "x", NEUTRAL, [trial for trial in rest if violation(trial) > 0]),
        ("beaten", "circle-open", NEUTRAL, [trial for trial in rest if violation(trial) == 0]),
        ("front", "circle", colour, front),
        ("chosen by the weights", "star", colour, [] if best is None else [best]),
    ]
    return [group for group in groups if group[3]]


def _points(
    name: str, symbol: str, colour: str, trials: Sequence[FrozenTrial], goals: Sequence[WeightedGoal], column: int
) -> go.Scatter:
    ordered = sorted(trials, key=lambda trial: trial.values[column])
    first, other = (plotly_text(with_unit(goals[place].metric)) for place in (0, column))
    return go.Scatter(
        x=[trial.values[column] for trial in ordered],
        y=[trial.values[0] for trial in ordered],
        customdata=[trial.number for trial in ordered],
        hovertemplate=f"trial %{{customdata}}, {name}<br>{other} %{{x:.4g}}<br>{first} %{{y:.4g}}<extra></extra>",
        name=name,
        legendgroup=name,
        showlegend=column == 1,
        # On a plane the front is a line; with more objectives its neighbours are not each other's.
        mode="lines+markers" if name == "front" and _is_a_staircase(ordered, column) else "markers",
        marker={"color": colour, "symbol": symbol, "size": 15 if name.startswith("chosen") else 8},
        line={"shape": "hv"},
    )


def _is_a_staircase(ordered: Sequence[FrozenTrial], column: int) -> bool:
    return all(len(trial.values) == 2 for trial in ordered) and all(
        one.values[column] <= other.values[column] for one, other in pairwise(ordered)
    )
