"""What one objective costs in another."""

from collections.abc import Sequence
from itertools import pairwise

import optuna
import plotly.graph_objects as go
from optuna.trial import FrozenTrial
from plotly.subplots import make_subplots

from trading_hpo.engine.trial_record import violation
from trading_hpo.escaping import plotly_text
from trading_hpo.reporting.figures.style import note, styled
from trading_hpo.study.ranking import best_trial, complete_trials, goals_of, pareto_front

FRONT, BEATEN, BROKEN, CHOSEN = "#0072b2", "#b0b0b0", "#d55e00", "#009e73"


def pareto_figure(study: optuna.Study) -> go.Figure:
    """Return every complete trial by its objectives: the front, what it beats, what breaks a constraint, the choice.

    With more than two objectives the first is drawn against each of the others.
    """
    title = f"Pareto front of {study.study_name}"
    goals = goals_of(study)
    if len(goals) == 1:
        return note(title, "one objective: its front is the best trial")
    if not complete_trials(study):
        return note(title, f"no complete trial yet, of {len(study.get_trials(deepcopy=False))} begun")
    figure = make_subplots(cols=len(goals) - 1, shared_yaxes=True, horizontal_spacing=0.03)
    groups = _groups(study)
    for column, goal in enumerate(goals[1:], start=1):
        for name, colour, trials in groups:
            figure.add_trace(_points(name, colour, trials, column), row=1, col=column)
        figure.update_xaxes(title_text=plotly_text(f"{goal.metric} ({goal.direction})"), row=1, col=column)
    figure.update_yaxes(title_text=plotly_text(f"{goals[0].metric} ({goals[0].direction})"), row=1, col=1)
    return styled(figure, title)


def _groups(study: optuna.Study) -> list[tuple[str, str, list[FrozenTrial]]]:
    front, best = pareto_front(study), best_trial(study)
    numbers = {trial.number for trial in front}
    rest = [trial for trial in complete_trials(study) if trial.number not in numbers]
    groups = [
        ("breaks a constraint", BROKEN, [trial for trial in rest if violation(trial) > 0]),
        ("beaten", BEATEN, [trial for trial in rest if violation(trial) == 0]),
        ("front", FRONT, front),
        ("chosen by the weights", CHOSEN, [] if best is None else [best]),
    ]
    return [group for group in groups if group[2]]


def _points(name: str, colour: str, trials: Sequence[FrozenTrial], column: int) -> go.Scatter:
    ordered = sorted(trials, key=lambda trial: trial.values[column])
    return go.Scatter(
        x=[trial.values[column] for trial in ordered],
        y=[trial.values[0] for trial in ordered],
        text=[f"trial {trial.number}" for trial in ordered],
        name=name,
        legendgroup=name,
        showlegend=column == 1,
        # On a plane the front is a line; with more objectives its neighbours are not each other's.
        mode="lines+markers" if name == "front" and _is_a_staircase(ordered, column) else "markers",
        marker={"color": colour, "size": 12 if name.startswith("chosen") else 7},
        line={"shape": "hv"},
    )


def _is_a_staircase(ordered: Sequence[FrozenTrial], column: int) -> bool:
    return all(len(trial.values) == 2 for trial in ordered) and all(
        one.values[column] <= other.values[column] for one, other in pairwise(ordered)
    )
