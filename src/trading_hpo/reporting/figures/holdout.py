"""The holdout in pictures: wealth and drawdown beside the baselines, and calibration."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from trading_hpo.reporting.figures.axes import DATE_TICKS
from trading_hpo.reporting.figures.style import (
    BASELINE_COLOURS,
    BASELINE_DASHES,
    BASELINE_NAMES,
    NEUTRAL,
    colour_of,
    note,
    styled,
)

JUDGE_IT = "Run `kedro run`: it trains the chosen configuration and judges it on the holdout."


def equity_figure(returns: Mapping[str, pd.DataFrame], baselines: pd.DataFrame) -> go.Figure:
    """Return wealth from 1 at the holdout's start, and below it the fall from its last peak.

    Args:
        returns: Of ``HoldoutLook``, by model type.
        baselines: Of ``baseline_returns``.
    """
    title = "Wealth on the holdout, after costs"
    if baselines.empty:
        return note(title, "the holdout has no bars", JUDGE_IT)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.65, 0.35], vertical_spacing=0.06)
    held = baselines.set_index("timestamp")
    for name in map(str, held.columns):
        _draw(figure, held[name], BASELINE_NAMES[name], BASELINE_COLOURS[name], BASELINE_DASHES[name])
    for model_type, own in returns.items():
        _draw(figure, own.set_index("timestamp")["net_return"], model_type, colour_of(model_type), "solid")
    below = [f"{held.index.min():%Y-%m-%d} to {held.index.max():%Y-%m-%d}, {len(held)} bars"]
    if not returns:
        below.append(f"No model type was judged on it yet. {JUDGE_IT}")
    styled(figure, title, below=below, plot_height_px=420)
    figure.update_xaxes(type="date", hoverformat="%Y-%m-%d", tickformatstops=DATE_TICKS)
    figure.update_yaxes(title_text="wealth, from 1 (log scale)", type="log", nticks=6, tickformat=".3~g", row=1, col=1)
    figure.update_yaxes(title_text="drawdown (%)", nticks=4, tickformat=".2~%", row=2, col=1)
    return figure.update_xaxes(title_text="close of the bar (UTC)", row=2, col=1)


def _draw(figure: go.Figure, returns: pd.Series, name: str, colour: str, dash: str) -> None:
    wealth = np.cumprod(1 + returns.to_numpy(float))
    peak = np.maximum.accumulate(np.concatenate([[1.0], wealth]))[1:]
    line = {"color": colour, "dash": dash, "width": 1.5}
    shared = {"x": _dates(returns.index), "name": name, "legendgroup": name, "line": line, "mode": "lines"}
    says = f"{name}, %{{x|%Y-%m-%d{' %H:%M UTC' if _has_clock(returns.index) else ''}}}<br>"
    figure.add_trace(
        go.Scatter(y=wealth, showlegend=True, hovertemplate=f"{says}wealth %{{y:.3f}}<extra></extra>", **shared),
        row=1,
        col=1,
    )
    figure.add_trace(
        go.Scatter(
            y=wealth / peak - 1, showlegend=False, hovertemplate=f"{says}drawdown %{{y:.1%}}<extra></extra>", **shared
        ),
        row=2,
        col=1,
    )


def _has_clock(stamps: pd.Index) -> bool:
    return bool((pd.DatetimeIndex(stamps).normalize() != stamps).any())


def _dates(stamps: pd.Index) -> list[str]:
    """Return stamps as Plotly reads them; a day alone takes a third of the file that a full stamp does."""
    return pd.DatetimeIndex(stamps).strftime("%Y-%m-%d %H:%M" if _has_clock(stamps) else "%Y-%m-%d").tolist()


def calibration_figure(model_type: str, table: pd.DataFrame, target_kind: str) -> go.Figure:
    """Return what was observed against what was predicted, beside the line on which both are equal.

    Args:
        model_type: Whose forecasts.
        table: Of ``calibration``.
        target_kind: ``class`` or ``number``.
    """
    title = f"Calibration of {model_type} on the holdout"
    if table.empty:
        return note(title, "no forecasts", JUDGE_IT)
    ends = [table["predicted"].min(), table["predicted"].max()]
    line = {"color": NEUTRAL, "dash": "dash"}
    figure = go.Figure(
        go.Scatter(x=ends, y=ends, mode="lines", line=line, name="as predicted", showlegend=True, hoverinfo="skip")
    )
    figure.add_scatter(
        x=table["predicted"],
        y=table["observed"],
        error_y={"type": "data", "array": table["error"]},
        mode="lines+markers",
        line={"color": colour_of(model_type)},
        name=f"{model_type}, ± standard error over bars",
        showlegend=True,
        customdata=table["samples"],
        hovertemplate="predicted %{x:.4f}, observed %{y:.4f}<br>%{customdata:,d} forecasts<extra></extra>",
    )
    if target_kind == "class":
        return styled(figure, title, "forecast probability of a positive", "observed share of positives")
    return styled(figure, title, "forecast (unit of the target)", "observed mean (unit of the target)")
