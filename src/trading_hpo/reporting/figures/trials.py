"""Every trial of a study, pruned and failed ones too."""

from collections.abc import Sequence

import numpy as np
import optuna
import plotly.graph_objects as go
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import feasible_value, reported_values
from trading_hpo.escaping import plotly_text
from trading_hpo.reporting.figures.search import NO_COMPLETE
from trading_hpo.reporting.figures.style import colour_of, note, styled
from trading_hpo.study.own_trials import own_trials, set_aside_in
from trading_hpo.study.ranking import goals_of

FEW = 10  # trials, of which each has its number below the axis
PRUNED, FAILED = "#E69F00", "#D55E00"


def trials_figure(model_type: str, study: optuna.Study) -> go.Figure:
    """Return each trial by its number: complete ones, pruned ones at their last report, failed ones, the best so far.

    Args:
        model_type: Whose study.
        study: May still run.
    """
    title = f"Trials of {study.study_name}"
    trials, goal = own_trials(study), goals_of(study)[0]
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    pruned = [(trial, last) for trial in trials if (last := _last_report(trial)) is not None]
    failed = [trial for trial in trials if trial.state == TrialState.FAIL]
    if not complete and not pruned:
        return note(title, f"{NO_COMPLETE}, of {len(trials)} begun")
    figure = go.Figure()
    values = [trial.values[0] for trial in complete]
    figure.add_scatter(
        **_points(complete, values, f"complete ({len(complete)})"),
        marker={"color": colour_of(model_type), "size": 6, "opacity": 0.8},
        hovertemplate="trial %{x}: %{y:.4f}",
    )
    figure.add_scatter(
        **_points([trial for trial, _ in pruned], [value for _, (_, value) in pruned], f"pruned ({len(pruned)})"),
        marker={"color": PRUNED, "size": 6, "symbol": "x-thin", "line": {"color": PRUNED, "width": 1.5}},
        customdata=[step for _, (step, _) in pruned],
        hovertemplate="trial %{x}: pruned after epoch %{customdata} at %{y:.4f}",
    )
    if failed:
        lowest = min([*values, *(value for _, (_, value) in pruned)])
        figure.add_scatter(
            **_points(failed, [lowest] * len(failed), f"failed ({len(failed)})"),
            marker={"color": FAILED, "size": 7, "symbol": "triangle-down-open"},
            hovertemplate="trial %{x}: failed",
        )
    if best := _best_so_far(study, complete, goal.direction == "maximize"):
        best.append((max(trial.number for trial in trials if trial.state.is_finished()), best[-1][1]))
        numbers, reached = zip(*best, strict=True)
        figure.add_scatter(
            x=numbers,
            y=reached,
            name="best so far",
            mode="lines",
            line={"shape": "hv", "color": colour_of(model_type), "width": 2},
            hoverinfo="skip",
        )
    styled(figure, title, "trial", f"{goal.metric}, mean over folds")
    return figure.update_xaxes(tickformat="d", **({"dtick": 1} if len(trials) <= FEW else {}))


def _points(trials: Sequence[FrozenTrial], values: Sequence[float], name: str) -> dict[str, object]:
    numbers = [trial.number for trial in trials]
    return {"x": numbers, "y": list(values), "name": plotly_text(name), "mode": "markers"}


def _last_report(trial: FrozenTrial) -> tuple[int, float] | None:
    """Return step and value of a pruned trial's last report; none of others, and where it was no number."""
    reported = reported_values(trial) if trial.state == TrialState.PRUNED else {}
    known = {step: values[0] for step, values in reported.items() if np.isfinite(values[0])}
    return max(known.items()) if known else None


def _best_so_far(study: optuna.Study, complete: Sequence[FrozenTrial], maximize: bool) -> list[tuple[int, float]]:
    """Return the numbers of the trials that were better than all before and keep the constraints, and their values."""
    out, steps = set_aside_in(study), list[tuple[int, float]]()
    for trial in complete:
        value = None if trial.number in out else feasible_value(trial)
        if value is not None and (not steps or (value > steps[-1][1] if maximize else value < steps[-1][1])):
            steps.append((trial.number, value))
    return steps
