"""The holdout month by month, block by block and asset by asset, and at other costs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from trading_hpo.escaping import plotly_text
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.figures.axes import DATE_TICKS, whole_axis
from trading_hpo.reporting.figures.holdout import JUDGE_IT
from trading_hpo.reporting.figures.style import (
    BASELINE_COLOURS,
    BASELINE_DASHES,
    BASELINE_NAMES,
    NEUTRAL,
    colour_of,
    name_lines,
    note,
    shortened,
    styled,
    symbol_of,
    with_unit,
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "year")
# Translucent: the text in a cell is to be read on light and on dark paper.
_LOSS_TO_GAIN = ((0.0, "rgba(213,94,0,0.6)"), (0.5, "rgba(140,140,140,0.08)"), (1.0, "rgba(0,114,178,0.6)"))
_LINE_PX, _HEAD_PX, _BAR_PX = 24, 58, 30
_ASSET_LETTERS = 16
_COLUMN_LETTERS = 32  # of all columns' names side by side on a narrow page
_TURNED_LETTERS, _TURNED_PX = 12, 60
_WIDE = 9.95  # from here on a number has two letters before its point
MOST_ASSETS = 40
NOT_JUDGED = "no model type has been judged on the holdout yet"


def monthly_figure(table: pd.DataFrame) -> go.Figure:
    """Return a heat map of months by years for each model type and baseline, with each year's total.

    Args:
        table: Of ``monthly_table``.
    """
    title = "Monthly returns on the holdout"
    if table.empty:
        return note(title, NOT_JUDGED, JUDGE_IT)
    names = list(table["name"].unique())
    years = sorted(table["year"].unique())
    height = len(names) * (len(years) * _LINE_PX + _HEAD_PX) - _HEAD_PX
    figure = make_subplots(
        rows=len(names),
        cols=1,
        subplot_titles=[plotly_text(_shown(name)) for name in names],
        vertical_spacing=_HEAD_PX / height if len(names) > 1 else 0,
    )
    for row, name in enumerate(names, start=1):
        cells = table[table["name"] == name].pivot(index="year", columns="month", values="total_return")
        shares = cells.reindex(index=years, columns=[*range(1, 13), 0]).to_numpy(float)
        says = f"{plotly_text(_shown(name))}, %{{x}} %{{y}}<br>return %{{z:.1f}} %<extra></extra>"
        figure.add_trace(_heat_map(100 * shares, MONTHS, [str(year) for year in years], says), row=row, col=1)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})  # the names
    styled(figure, title, below=["after costs, in %, by months of UTC"], plot_height_px=height)
    # The scale is that of months: a year is more of the same colour at most.
    largest = 100 * float(table.loc[table["month"] > 0, "total_return"].abs().max())
    _draw_scale(figure, largest, "%")
    figure.update_xaxes(tickangle=0, tickfont={"size": 9})  # "year" is as wide as a cell of a narrow page
    return _made_higher(figure, above_px=_LINE_PX).update_yaxes(autorange="reversed")


def exposure_figure(table: pd.DataFrame) -> go.Figure:
    """Return the share of the capital that was held, over time.

    Args:
        table: Of ``exposure_table``.
    """
    title = "Exposure on the holdout"
    if table.empty:
        return note(title, NOT_JUDGED, JUDGE_IT)
    bars = int(table["bars"].max())
    figure = go.Figure()
    for name, own in table.groupby("name", sort=False):
        shown = plotly_text(_shown(str(name)))
        figure.add_scatter(
            x=own["timestamp"],
            y=own["exposure"],
            name=shown,
            mode="lines",
            line={"shape": "hv", **_line(str(name))},
            showlegend=True,
            hovertemplate=f"{shown}, from %{{x|%Y-%m-%d}}<br>exposure %{{y:.1%}}<extra></extra>",
        )
    below = ["bar by bar" if bars == 1 else f"mean over blocks of {bars} bars"]
    styled(figure, title, "close of the bar (UTC)", "share of the capital (%)", below=below)
    figure.update_xaxes(type="date", hoverformat="%Y-%m-%d", tickformatstops=DATE_TICKS)
    return figure.update_yaxes(tickformat=".2~%", rangemode="tozero", nticks=6)


def costs_figure(table: pd.DataFrame, cost_bps: float) -> go.Figure:
    """Return the Sharpe ratio at other costs, the positions being the same.

    Args:
        table: Of ``costs_table``.
        cost_bps: Of the run.
    """
    title = "Sharpe ratio at other costs"
    if table.empty:
        return note(title, NOT_JUDGED, JUDGE_IT)
    figure = go.Figure()
    for name, own in table.groupby("name", sort=False):
        shown = plotly_text(_shown(str(name)))
        figure.add_scatter(
            x=own["cost_bps"],
            y=own["sharpe"].where(own["sharpe"].notna(), None),
            name=shown,
            mode="lines+markers",
            line=_line(str(name)),
            marker={"symbol": symbol_of(str(name)) if name in MODEL_TYPES else "circle", "size": 6},
            showlegend=True,
            customdata=own[["total_return", "max_drawdown"]],
            hovertemplate=(
                f"{shown} at %{{x:g}} basis points<br>{with_unit('sharpe')} %{{y:.2f}}"
                "<br>return %{customdata[0]:.1%}, drawdown %{customdata[1]:.1%}<extra></extra>"
            ),
        )
    figure.add_vline(x=cost_bps, line={"dash": "dot", "width": 1, "color": NEUTRAL})
    below = [f"on the holdout, the positions being the same; dotted: {cost_bps:g} basis points, as in this run"]
    styled(figure, title, "costs of trading (basis points)", with_unit("sharpe"), below=below)
    return figure.update_xaxes(whole_axis([*table["cost_bps"], cost_bps]))


def assets_figure(table: pd.DataFrame) -> go.Figure:
    """Return what each asset added to the total return of each model type, in percentage points.

    Of many assets the best and the worst of the first model type are drawn.

    Args:
        table: Of ``asset_table`` of each model type, with its ``model_type``.
    """
    title = "Assets on the holdout"
    if table.empty:
        return note(title, NOT_JUDGED, JUDGE_IT)
    cells = table.pivot(index="asset", columns="model_type", values="contribution")
    cells = cells[list(table["model_type"].unique())]
    cells = cells.sort_values(cells.columns[0], kind="stable")
    below = ["percentage points (pp) of the total return, after costs"]
    if len(cells) > MOST_ASSETS:
        below.append(f"the best and the worst {MOST_ASSETS // 2} of {len(cells)}")
        cells = pd.concat([cells.iloc[: MOST_ASSETS // 2], cells.iloc[-MOST_ASSETS // 2 :]])
    points = 100 * cells.to_numpy(float)
    assets = [plotly_text(str(asset)) for asset in cells.index]
    model_types = list(cells.columns)
    says = "%{y}, %{x}<br>%{z:+.2f} percentage points<extra></extra>"
    figure = go.Figure(_heat_map(points, model_types, assets, says))
    styled(figure, title, "model type", "asset", below=below, plot_height_px=_LINE_PX * max(len(cells), 3))
    _draw_scale(figure, float(np.nanmax(np.abs(points))), "pp")
    texts = [plotly_text(shortened(str(asset), _ASSET_LETTERS)) for asset in cells.index]
    figure.update_yaxes(tickmode="array", tickvals=assets, ticktext=texts)
    if max(map(len, model_types)) * len(model_types) <= _COLUMN_LETTERS:
        return _made_higher(figure)
    turned = [name_lines(name, _TURNED_LETTERS) for name in model_types]
    figure.update_xaxes(tickangle=-90, tickmode="array", tickvals=model_types, ticktext=turned)
    return _made_higher(figure, below_px=_TURNED_PX)


def _heat_map(values: np.ndarray, x: Sequence[str], y: Sequence[str], says: str) -> go.Heatmap:
    """Return cells with their numbers, of few letters for a narrow page; blank where there is none."""
    return go.Heatmap(
        z=values,
        x=x,
        y=y,
        text=[["" if np.isnan(value) else f"{value:.{int(abs(value) < _WIDE)}f}" for value in line] for line in values],
        texttemplate="%{text}",
        hovertemplate=says,
        hoverongaps=False,
        coloraxis="coloraxis",
        xgap=1,
        ygap=1,
    )


def _draw_scale(figure: go.Figure, largest: float, unit: str) -> None:
    """Colour the cells from a loss to an equal gain, and say below the axes what a colour is."""
    where = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "thickness": 10}
    # The unit is at the ticks: Plotly draws a title into a horizontal bar, or below it.
    bar = {"ticksuffix": f" {unit}", "outlinewidth": 0, "nticks": 5, **where}
    largest = largest or 1.0
    figure.update_layout(coloraxis={"colorscale": _LOSS_TO_GAIN, "cmin": -largest, "cmax": largest, "colorbar": bar})
    figure.update_xaxes(type="category", showgrid=False, ticks="")
    figure.update_yaxes(type="category", showgrid=False, ticks="")


def _made_higher(figure: go.Figure, above_px: int = 0, below_px: int = 0) -> go.Figure:
    """Return the figure with room for its scale, and for what stands above and below its axes."""
    layout = figure.layout
    height = layout.height + _BAR_PX + above_px + below_px
    return figure.update_layout(height=height, margin_t=layout.margin.t + above_px)


def _shown(name: str) -> str:
    return BASELINE_NAMES.get(name, name)


def _line(name: str) -> dict[str, object]:
    if name in MODEL_TYPES:
        return {"color": colour_of(name), "width": 2}
    return {"color": BASELINE_COLOURS[name], "width": 1.5, "dash": BASELINE_DASHES[name]}
