"""Model types side by side: what each had found by what it had spent, and how sure the best is."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from trading_hpo.reporting.figures.search import NO_COMPLETE
from trading_hpo.reporting.figures.style import colour_of, note, styled


def convergence_figure(found: Mapping[str, pd.DataFrame], metric: str) -> go.Figure:
    """Return the best so far of every model type, by the epochs spent on it.

    Args:
        found: ``best_so_far`` by model type.
        metric: Of the values.
    """
    title = f"Best {metric} so far"
    figure = go.Figure()
    for model_type, table in found.items():
        known = table.dropna(subset="best")
        if len(known):
            figure.add_scatter(
                x=known["epochs"],
                y=known["best"],
                name=model_type,
                mode="lines+markers",
                line={"shape": "hv", "color": colour_of(model_type)},
                customdata=known[["trial", "training_time_s"]],
                hovertemplate="trial %{customdata[0]}, after %{customdata[1]:.0f} s of training: %{y:.4f}",
            )
    if not figure.data:
        return note(title, NO_COMPLETE)
    return styled(figure, title, "epochs trained, over all folds and trials", f"{metric}, mean over folds")


def comparison_figure(values: pd.DataFrame, folds: pd.DataFrame, metric: str) -> go.Figure:
    """Return all complete trials of each model type, and its best one fold by fold.

    The spread of the best over folds beside the spread over trials says how much of the difference is luck.

    Args:
        values: ``complete_values``.
        folds: ``fold_scores``.
        metric: Of the values.
    """
    title = f"Model types by {metric}"
    if values.empty:
        return note(title, NO_COMPLETE)
    figure = go.Figure()
    for model_type, own in values.groupby("model_type", sort=False):
        best = folds.loc[folds["model_type"] == model_type, "score"].dropna().to_numpy(dtype=float)
        colour = colour_of(str(model_type))
        figure.add_box(
            y=own["value"],
            name=str(model_type),
            boxpoints="all",
            jitter=0.4,
            pointpos=0,
            fillcolor="rgba(0,0,0,0)",
            line={"color": "#bbbbbb", "width": 1},
            marker={"color": colour, "size": 5, "opacity": 0.5},
            showlegend=False,
            hovertext=[f"trial {trial}" for trial in own["trial"]],
        )
        if len(best):
            error = float(np.std(best, ddof=1) / np.sqrt(len(best))) if len(best) > 1 else 0.0
            figure.add_scatter(
                x=[str(model_type)],
                y=[best.mean()],
                error_y={"type": "data", "array": [error]},
                mode="markers",
                marker={"color": colour, "size": 12, "symbol": "diamond"},
                name=f"{model_type}: best, ± standard error over folds",
            )
            figure.add_scatter(
                x=[str(model_type)] * len(best),
                y=best,
                mode="markers",
                marker={"color": colour, "size": 9, "symbol": "line-ew-open"},
                name=f"{model_type}: best, fold by fold",
                showlegend=False,
            )
    return styled(figure, title, y=f"{metric} on validation")
