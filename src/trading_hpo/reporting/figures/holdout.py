"""The holdout in pictures: wealth and drawdown beside the baselines, and calibration."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from trading_hpo.reporting.figures.style import BASELINE_COLOURS, BASELINE_NAMES, colour_of, note, styled


def equity_figure(returns: Mapping[str, pd.DataFrame], baselines: pd.DataFrame) -> go.Figure:
    """Return wealth from 1 at the holdout's start, and below it the fall from its last peak.

    Args:
        returns: Of ``HoldoutLook``, by model type.
        baselines: Of ``baseline_returns``.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.65, 0.35], vertical_spacing=0.05)
    held = baselines.set_index("timestamp")
    for name in held.columns:
        _draw(figure, held[name], BASELINE_NAMES[str(name)], BASELINE_COLOURS[str(name)], "dash")
    for model_type, own in returns.items():
        _draw(figure, own.set_index("timestamp")["net_return"], model_type, colour_of(model_type), "solid")
    styled(figure, "Holdout, after costs")
    figure.update_yaxes(title="wealth", type="log", row=1, col=1)
    figure.update_yaxes(title="drawdown", tickformat=".0%", row=2, col=1)
    return figure


def _draw(figure: go.Figure, returns: pd.Series, name: str, colour: str, dash: str) -> None:
    wealth = np.cumprod(1 + returns.to_numpy(float))
    peak = np.maximum.accumulate(np.concatenate([[1.0], wealth]))[1:]
    line = {"color": colour, "dash": dash, "width": 1.5}
    shared = {"x": returns.index, "name": name, "legendgroup": name, "line": line}
    figure.add_trace(go.Scatter(y=wealth, **shared), row=1, col=1)
    figure.add_trace(go.Scatter(y=wealth / peak - 1, showlegend=False, **shared), row=2, col=1)


def calibration_figure(model_type: str, table: pd.DataFrame, target_kind: str) -> go.Figure:
    """Return what was observed against what was predicted, beside the line on which both are equal.

    Args:
        model_type: Whose forecasts.
        table: Of ``calibration``.
        target_kind: ``class`` or ``number``.
    """
    title = f"Calibration of {model_type} on the holdout"
    if table.empty:
        return note(title, "no forecasts")
    ends = [table["predicted"].min(), table["predicted"].max()]
    figure = go.Figure(
        go.Scatter(x=ends, y=ends, mode="lines", line={"color": "#999999", "dash": "dash"}, name="calibrated")
    )
    figure.add_scatter(
        x=table["predicted"],
        y=table["observed"],
        error_y={"type": "data", "array": table["error"]},
        mode="lines+markers",
        line={"color": colour_of(model_type)},
        name=f"{model_type}, ± standard error over bars",
        customdata=table["samples"],
        hovertemplate="predicted %{x:.4f}, observed %{y:.4f}, %{customdata} forecasts",
    )
    if target_kind == "class":
        return styled(figure, title, "forecast probability of the positive class", "share that was positive")
    return styled(figure, title, "forecast", "observed")
