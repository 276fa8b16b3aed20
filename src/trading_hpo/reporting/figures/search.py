"""One study in pictures: history, importance, slices, parallel coordinates."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
import plotly.graph_objects as go
from optuna.trial import FrozenTrial

from trading_hpo.escaping import plotly_text
from trading_hpo.reporting.figures.style import colour_of, escaped, note, styled
from trading_hpo.study.own_trials import EligibleStudy
from trading_hpo.study.ranking import complete_trials, metric_of

NO_COMPLETE = "no complete trial yet"
NO_PARAMETERS = "its trials have no parameters"


def history_figure(study: optuna.Study) -> go.Figure:
    """Return every complete trial's value and the best so far, by trial number."""
    title = f"Optimisation history of {study.study_name}"
    if why := _nothing_complete(study):
        return note(title, why)
    figure = optuna.visualization.plot_optimization_history(
        EligibleStudy(study), target=_first(study), target_name=metric_of(study)
    )
    return styled(escaped(figure), title, "trial", metric_of(study))


def slice_figure(study: optuna.Study) -> go.Figure:
    """Return the value of every complete trial against each parameter."""
    title = f"Parameters of {study.study_name}"
    if why := _nothing_complete(study) or _no_parameters(study):
        return note(title, why)
    figure = optuna.visualization.plot_slice(EligibleStudy(study), target=_first(study), target_name=metric_of(study))
    return styled(escaped(figure), title)


def parallel_figure(study: optuna.Study) -> go.Figure:
    """Return every complete trial as a line through its parameters, coloured by its value."""
    title = f"Configurations of {study.study_name}"
    if why := _nothing_complete(study) or _no_parameters(study):
        return note(title, why)
    figure = optuna.visualization.plot_parallel_coordinate(
        EligibleStudy(study), target=_first(study), target_name=metric_of(study)
    )
    return styled(escaped(figure), title)


def importance_figure(model_type: str, importance: Mapping[str, Any]) -> go.Figure:
    """Return the shares of ``parameter_importance`` as bars, the largest on top."""
    title = f"Parameter importance of {importance.get('study_name') or model_type} (PED-ANOVA)"
    shares = importance.get("importance")
    if not shares:
        return note(title, str(importance.get("why_empty") or importance.get("skipped") or NO_COMPLETE))
    smallest_first = sorted(shares.items(), key=lambda item: item[1])
    names, values = zip(*((plotly_text(name), share) for name, share in smallest_first), strict=True)
    bars = go.Bar(
        x=values,
        y=names,
        orientation="h",
        marker={"color": colour_of(model_type)},
        error_x=_whiskers(smallest_first, importance.get("spread") or {}),
    )
    lines = [f"share in {importance['metric']}, over {importance['n_trials']} complete trials"]
    if importance.get("spread"):
        lines.append("whiskers: 80 % of resamples of the trials")
    below = "<br>".join(map(plotly_text, [*lines, *importance.get("remarks", [])]))
    return styled(go.Figure(bars), title).update_xaxes(title=below)


def _whiskers(shares: Sequence[tuple[str, float]], spread: Mapping[str, Sequence[float]]) -> dict[str, Any] | None:
    """Return how far each share reaches over resamples, to both sides; a share may lie outside of their middle."""
    if not spread:
        return None
    up = [max(spread[name][1] - share, 0.0) for name, share in shares]
    down = [max(share - spread[name][0], 0.0) for name, share in shares]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": "#666666"}


def _first(study: optuna.Study) -> Callable[[FrozenTrial], float] | None:
    """The first of several objectives; Optuna draws the best so far only without a target."""
    return None if len(study.directions) == 1 else lambda trial: float(trial.values[0])


def _nothing_complete(study: optuna.Study) -> str | None:
    return None if complete_trials(study) else f"{NO_COMPLETE}, of {len(study.get_trials(deepcopy=False))} begun"


def _no_parameters(study: optuna.Study) -> str | None:
    return None if any(trial.params for trial in complete_trials(study)) else NO_PARAMETERS
