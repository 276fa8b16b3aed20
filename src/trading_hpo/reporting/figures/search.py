"""One study in pictures: its history, and the importance of its parameters."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import optuna
import plotly.graph_objects as go
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import REASON, feasible_value, reported_values
from trading_hpo.escaping import plotly_text, shell_argument
from trading_hpo.reporting.figures.axes import whole_axis
from trading_hpo.reporting.figures.style import NEUTRAL, colour_of, lines_of, name_lines, note, styled, with_unit
from trading_hpo.study.own_trials import eligible_trials
from trading_hpo.study.ranking import best_trial, complete_trials, metric_of

NO_COMPLETE = "no complete trial yet"
SEARCH_ON = "Run `kedro run --pipeline hpo`: it goes on where the search has stopped."
_ENDED = {TrialState.PRUNED: "pruned", TrialState.FAIL: "failed", TrialState.RUNNING: "running"}
_MANY = 200  # trials: from here on their marks are small
_NAME_WIDTH = 16  # letters of a parameter's name in a line beside its bar


def history_figure(study: optuna.Study, model_type: str) -> go.Figure:
    """Return every trial's value by its number, and the best so far; what was pruned or failed has marks of its own.

    With several objectives it is about the first.
    """
    title, below = "Search history", [study.study_name]
    if nothing := why_nothing_complete(study):
        return note(title, *nothing, below=below)
    metric, trials = metric_of(study), eligible_trials(study)
    figure = go.Figure()
    for name, symbol, colour, drawn in _groups(study, trials, colour_of(model_type)):
        figure.add_scatter(
            x=[trial.number for trial, _ in drawn],
            y=[value for _, value in drawn],
            name=name,
            mode="markers",
            marker=_mark(symbol, colour, len(trials)),
            showlegend=True,
            hovertext=[_hover(trial, metric) for trial, _ in drawn],
            hoverinfo="text",
        )
    numbers, best = _best_so_far(study, trials)
    figure.add_scatter(
        x=numbers,
        y=best,
        name="best so far",
        mode="lines",
        line={"shape": "hv", "color": colour_of(model_type), "width": 1.5},
        showlegend=True,
        hovertemplate=f"after trial %{{x}}: best {plotly_text(with_unit(metric))} %{{y:.4f}}<extra></extra>",
    )
    styled(figure, title, "trial", f"{with_unit(metric)}, mean over folds", below=below)
    return figure.update_xaxes(whole_axis(trial.number for trial in trials))


def _groups(
    study: optuna.Study, trials: Sequence[FrozenTrial], colour: str
) -> list[tuple[str, str, str, list[tuple[FrozenTrial, float]]]]:
    """Return name, mark, colour and trials with their heights, the complete ones first."""
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    pruned = [(trial, value) for trial in trials if (value := _last_report(trial)) is not None]
    heights = [*(trial.values[0] for trial in complete), *(value for _, value in pruned)]
    floor = min(heights) - 0.08 * ((max(heights) - min(heights)) or 1.0)
    without = [trial for trial in trials if trial.state == TrialState.FAIL or _gave_up_early(trial)]
    best = best_trial(study)
    groups = [
        ("complete", "circle", colour, [(trial, trial.values[0]) for trial in complete if _keeps(trial)]),
        ("breaks a constraint", "square-open", colour, [(t, t.values[0]) for t in complete if not _keeps(t)]),
        ("pruned (last report)", "triangle-down-open", NEUTRAL, pruned),
        ("failed (no value)", "x", NEUTRAL, [(trial, floor) for trial in without]),
        ("chosen", "circle-open", colour, [] if best is None else [(best, best.values[0])]),
    ]
    return [group for group in groups if group[3] or group[0] == "complete"]


def _mark(symbol: str, colour: str, n_trials: int) -> dict[str, Any]:
    """Return the mark of a group: smaller where there are many, with an edge only where the edge is all there is."""
    size = 14 if symbol == "circle-open" else 8 if n_trials <= _MANY else 5
    edge = {"line": {"width": 1.5}} if symbol.endswith("-open") else {}
    return {"symbol": symbol, "color": colour, "size": size, **edge}


def _keeps(trial: FrozenTrial) -> bool:
    return feasible_value(trial) is not None


def _gave_up_early(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.PRUNED and _last_report(trial) is None


def _last_report(trial: FrozenTrial) -> float | None:
    """Return the first objective at the last report of a pruned trial."""
    reported = reported_values(trial) if trial.state == TrialState.PRUNED else {}
    value = reported[max(reported)][0] if reported else None
    return value if value is not None and isfinite(value) else None


def _hover(trial: FrozenTrial, metric: str) -> str:
    name = f"trial {trial.number}, {trial.state.name.lower()}"
    if trial.state == TrialState.COMPLETE:
        return f"{name}<br>{plotly_text(with_unit(metric))} {trial.values[0]:.4f}"
    if (value := _last_report(trial)) is not None:
        return f"{name} at step {trial.last_step}<br>{plotly_text(with_unit(metric))} {value:.4f}"
    return f"{name}<br>{lines_of(str(trial.user_attrs.get(REASON, 'no reason is recorded')))}"


def _best_so_far(study: optuna.Study, trials: Sequence[FrozenTrial]) -> tuple[list[int], list[float]]:
    better = max if study.directions[0] == optuna.study.StudyDirection.MAXIMIZE else min
    numbers: list[int] = []
    best: list[float] = []
    for trial in trials:
        value = feasible_value(trial)
        if value is not None:
            best.append(value if not best else better(best[-1], value))
            numbers.append(trial.number)
    if best and numbers[-1] < trials[-1].number:
        numbers, best = [*numbers, trials[-1].number], [*best, best[-1]]
    return numbers, best


def importance_figure(model_type: str, importance: Mapping[str, Any]) -> go.Figure:
    """Return the shares of ``parameter_importance`` as bars, the largest on top."""
    title, study_name = "Parameter importance", importance.get("study_name") or model_type
    shares = importance.get("importance")
    if not shares:
        why = str(importance.get("why_empty") or importance.get("skipped") or NO_COMPLETE)
        return note(title, why, _remedy(model_type, importance), below=[study_name])
    smallest_first = sorted(shares.items(), key=lambda item: item[1])
    bars = go.Bar(
        x=[share for _, share in smallest_first],
        y=[plotly_text(name) for name, _ in smallest_first],
        orientation="h",
        marker={"color": colour_of(model_type)},
        error_x=_whiskers(smallest_first, importance.get("spread") or {}),
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    below = [study_name, f"PED-ANOVA over {importance['n_trials']} complete trials"]
    if importance.get("spread"):
        below.append("whiskers: 80 % of resamples of the trials")
    below += importance.get("remarks", [])
    x = f"share in {importance['metric']} (%)"
    figure = styled(go.Figure(bars), title, x, "parameter", below=below, plot_height_px=60 + 30 * len(shares))
    figure.update_yaxes(
        tickmode="array",
        tickvals=[plotly_text(name) for name, _ in smallest_first],
        ticktext=[name_lines(name, _NAME_WIDTH) for name, _ in smallest_first],
    )
    return figure.update_xaxes(tickformat=".2~%", rangemode="tozero")


def _remedy(model_type: str, importance: Mapping[str, Any]) -> str:
    if importance.get("skipped"):
        return search_it(model_type)
    return "Give the search more trials, hpo.n_trials, or wider ranges in its search space."


def _whiskers(shares: Sequence[tuple[str, float]], spread: Mapping[str, Sequence[float]]) -> dict[str, Any] | None:
    """Return how far each share reaches over resamples, to both sides; a share may lie outside of their middle."""
    if not spread:
        return None
    up = [max(spread[name][1] - share, 0.0) for name, share in shares]
    down = [max(share - spread[name][0], 0.0) for name, share in shares]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": NEUTRAL}


def search_it(model_type: str) -> str:
    """Say how a model type that was left out, or not searched yet, gets figures."""
    return f"To see it, let hpo.models_to_optimize name {model_type} (or all), and run `kedro run`."


def why_nothing_complete(study: optuna.Study) -> tuple[str, str] | None:
    """Say why nothing can be drawn and what to do; none where a trial is complete."""
    if complete_trials(study):
        return None
    trials = study.get_trials(deepcopy=False)
    states = Counter(_ENDED[trial.state] for trial in trials if trial.state in _ENDED)
    how = f": {', '.join(f'{n} {state}' for state, n in states.items())}" if states else ""
    return f"{NO_COMPLETE}, of {len(trials)} begun{how}", _to_get_one(study.study_name, states)


def _to_get_one(study_name: str, states: Mapping[str, int]) -> str:
    if states.get("failed"):
        return f"`kedro study failed {shell_argument(study_name)}` says why they failed."
    if states.get("running"):
        return "Draw again when a trial has ended: `kedro run --pipeline analysis`."
    if states.get("pruned"):
        return "Prune less (hpo.pruner), or search on with more trials (hpo.n_trials)."
    return SEARCH_ON
