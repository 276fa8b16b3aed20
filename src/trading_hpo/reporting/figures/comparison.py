"""Model types side by side: what each had found by what it had spent, and how sure the best is."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from trading_hpo.escaping import plotly_text
from trading_hpo.reporting.figures.axes import whole_axis
from trading_hpo.reporting.figures.search import NO_COMPLETE, SEARCH_ON
from trading_hpo.reporting.figures.style import NEUTRAL, colour_of, note, styled, symbol_of, with_unit

_ROW_PX = 62  # of a model type


def convergence_figure(found: Mapping[str, pd.DataFrame], metric: str) -> go.Figure:
    """Return the best so far of every model type, by the epochs spent on it.

    Args:
        found: ``best_so_far`` by model type.
        metric: Of the values.
    """
    title = f"Best {metric} so far"
    figure = go.Figure()
    epochs: list[float] = []
    for model_type, table in found.items():
        known = table.dropna(subset="best")
        if len(known):
            epochs += known["epochs"].tolist()
            figure.add_scatter(
                x=known["epochs"],
                y=known["best"],
                name=model_type,
                mode="lines+markers",
                line={"shape": "hv", "color": colour_of(model_type)},
                marker={"symbol": symbol_of(model_type), "size": 7},
                showlegend=True,
                customdata=known[["trial", "training_time_s"]],
                hovertemplate=(
                    f"{model_type}, trial %{{customdata[0]}}<br>after %{{x:,d}} epochs, "
                    f"%{{customdata[1]:.0f}} s of training<br>best {plotly_text(with_unit(metric))} %{{y:.4f}}"
                    "<extra></extra>"
                ),
            )
    if not figure.data:
        return note(title, NO_COMPLETE, SEARCH_ON)
    styled(figure, title, "epochs trained, all folds and trials", f"{with_unit(metric)}, mean over folds")
    return figure.update_xaxes(whole_axis(epochs))


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
        return note(title, NO_COMPLETE, SEARCH_ON)
    figure = go.Figure()
    for model_type, own in values.groupby("model_type", sort=False):
        of_best = folds[folds["model_type"] == model_type].dropna(subset="score")
        best = of_best["score"].to_numpy(dtype=float)
        figure.add_trace(_trials(str(model_type), own, metric))
        if len(best):
            error = _standard_error(best, float(of_best["times_validated"].iloc[0]))
            figure.add_traces([_mean(str(model_type), best, error, metric), _folds(str(model_type), best, metric)])
    for name, marker in (
        ("complete trial", {"size": 6, "symbol": "circle-open"}),
        ("best trial, mean ± standard error over folds", {"size": 11, "symbol": "diamond"}),
        ("best trial, one fold", {"size": 11, "symbol": "line-ns-open"}),
    ):
        figure.add_scatter(
            x=[None], y=[None], mode="markers", marker={"color": NEUTRAL, **marker}, name=name, showlegend=True
        )
    n_model_types = values["model_type"].nunique()
    styled(figure, title, f"{with_unit(metric)} on validation", plot_height_px=60 + _ROW_PX * n_model_types)
    figure.update_xaxes(zeroline=True)
    return figure.update_yaxes(type="category", autorange="reversed", title_text="model type")


def _trials(model_type: str, own: pd.DataFrame, metric: str) -> go.Box:
    return go.Box(
        x=own["value"],
        y=[model_type] * len(own),
        name=model_type,
        orientation="h",
        boxpoints="all",
        jitter=0.4,
        pointpos=0,
        fillcolor="rgba(0,0,0,0)",
        line={"color": "rgba(128,128,128,0.6)", "width": 1},
        marker={"color": colour_of(model_type), "size": 6, "symbol": "circle-open"},
        showlegend=False,
        hoveron="points",
        hovertext=[f"trial {trial}" for trial in own["trial"]],
        hovertemplate=f"{model_type}, %{{hovertext}}<br>{plotly_text(with_unit(metric))} %{{x:.4f}}<extra></extra>",
    )


def _standard_error(best: np.ndarray, times_validated: float) -> float:
    """Return that of the mean over folds; folds that share bars tell as much as ``n`` that share none.

    They spread as choices without replacement do, whose variance is short by 1 / n.
    """
    n = len(best) / times_validated
    return float(np.std(best) / np.sqrt(n - 1)) if n > 1 else 0.0


def _mean(model_type: str, best: np.ndarray, error: float, metric: str) -> go.Scatter:
    return go.Scatter(
        x=[best.mean()],
        y=[model_type],
        error_x={"type": "data", "array": [error]},
        mode="markers",
        marker={"color": colour_of(model_type), "size": 11, "symbol": "diamond"},
        name=f"{model_type}: best",
        showlegend=False,
        hovertemplate=(
            f"{model_type}, best trial over {len(best)} folds<br>{plotly_text(with_unit(metric))} %{{x:.4f}} "
            f"± {error:.4f}<extra></extra>"
        ),
    )


def _folds(model_type: str, best: np.ndarray, metric: str) -> go.Scatter:
    return go.Scatter(
        x=best,
        y=[model_type] * len(best),
        mode="markers",
        marker={"color": colour_of(model_type), "size": 11, "symbol": "line-ns-open"},
        name=f"{model_type}: best, fold by fold",
        showlegend=False,
        hovertemplate=(
            f"{model_type}, best trial on one fold<br>{plotly_text(with_unit(metric))} %{{x:.4f}}<extra></extra>"
        ),
    )
