"""The holdout month by month, block by block and asset by asset, and at other costs."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from trading_hpo.escaping import plotly_text
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.figures.holdout import JUDGE_IT
from trading_hpo.reporting.figures.style import BASELINE_COLOURS, BASELINE_NAMES, colour_of, note, styled

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "year")
# Translucent: the text in a cell is to be read on light and on dark paper.
_LOSS_TO_GAIN = ((0.0, "rgba(213,94,0,0.6)"), (0.5, "rgba(140,140,140,0.08)"), (1.0, "rgba(0,114,178,0.6)"))
_LINE_PX, _HEAD_PX = 24, 58
MOST_ASSETS = 40
NOT_JUDGED = "no model type has been judged on the holdout yet"


def monthly_figure(table: pd.DataFrame) -> go.Figure:
    """Return a heat map of months by years for each model type and baseline, with each year's total.

    Args:
        table: Of ``monthly_table``.
    """
    title = "Monthly returns on the holdout, after costs"
    if table.empty:
        return note(title, NOT_JUDGED, JUDGE_IT)
    names = list(table["name"].unique())
    years = sorted(table["year"].unique())
    largest = float(table.loc[table["month"] > 0, "total_return"].abs().max()) or 1.0
    figure = make_subplots(
        rows=len(names),
        cols=1,
        subplot_titles=[plotly_text(_shown(name)) for name in names],
        vertical_spacing=_HEAD_PX / _height(len(names), len(years)),
    )
    for row, name in enumerate(names, start=1):
        cells = table[table["name"] == name].pivot(index="year", columns="month", values="total_return")
        cells = cells.reindex(index=years, columns=[*range(1, 13), 0])
        figure.add_heatmap(
            z=cells.to_numpy(float),
            x=_MONTHS,
            y=[str(year) for year in years],
            text=[["" if pd.isna(value) else f"{100 * value:.1f}" for value in line] for line in cells.to_numpy()],
            texttemplate="%{text}",
            hovertemplate="%{y} %{x}: %{text} %<extra></extra>",
            zmin=-largest,
            zmax=largest,
            colorscale=_LOSS_TO_GAIN,
            showscale=False,
            xgap=1,
            ygap=1,
            row=row,
            col=1,
        )
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_annotations(x=0, xanchor="left", font={"size": 13})  # the names
    figure.update_layout(height=_height(len(names), len(years)))
    return styled(figure, f"{title}, in %")


def _height(n_names: int, n_years: int) -> int:
    return 110 + n_names * (n_years * _LINE_PX + _HEAD_PX)


def exposure_figure(table: pd.DataFrame) -> go.Figure:
    """Return the share of the capital that was held, over time.

    Args:
        table: Of ``exposure_table``.
    """
    if table.empty:
        return note("Exposure on the holdout", NOT_JUDGED, JUDGE_IT)
    bars = int(table["bars"].max())
    figure = go.Figure()
    for name, own in table.groupby("name", sort=False):
        figure.add_scatter(
            x=own["timestamp"],
            y=own["exposure"],
            name=plotly_text(_shown(str(name))),
            mode="lines",
            line={"shape": "hv", **_line(str(name))},
            hovertemplate="%{x|%d %b %Y}: %{y:.0%}",
        )
    over = "bar by bar" if bars == 1 else f"mean over blocks of {bars} bars"
    styled(figure, f"Exposure on the holdout, {over}", y="share of the capital")
    return figure.update_yaxes(tickformat=".0%")


def costs_figure(table: pd.DataFrame, cost_bps: float) -> go.Figure:
    """Return the Sharpe ratio at other costs, the positions being the same.

    Args:
        table: Of ``costs_table``.
        cost_bps: Of the run.
    """
    if table.empty:
        return note("Costs on the holdout", NOT_JUDGED, JUDGE_IT)
    figure = go.Figure()
    for name, own in table.groupby("name", sort=False):
        figure.add_scatter(
            x=own["cost_bps"],
            y=own["sharpe"].where(own["sharpe"].notna(), None),
            name=plotly_text(_shown(str(name))),
            mode="lines+markers",
            line=_line(str(name)),
            customdata=own[["total_return", "max_drawdown"]],
            hovertemplate="%{x:g} bps: Sharpe %{y:.2f}, return %{customdata[0]:.1%}, drawdown %{customdata[1]:.1%}",
        )
    figure.add_vline(x=cost_bps, line={"dash": "dot", "width": 1, "color": "#888888"})
    figure.add_annotation(
        x=cost_bps, y=0, yref="paper", yanchor="bottom", xanchor="left", text="this run", showarrow=False
    )
    return styled(figure, "Costs on the holdout", "costs of the traded value, basis points", "Sharpe ratio, annualised")


def assets_figure(table: pd.DataFrame) -> go.Figure:
    """Return what each asset added to the total return of each model type, in percentage points.

    Of many assets the best and the worst of the first model type are drawn.

    Args:
        table: Of ``asset_table`` of each model type, with its ``model_type``.
    """
    title = "Assets on the holdout: points of the total return, after costs"
    if table.empty:
        return note(title, NOT_JUDGED, JUDGE_IT)
    cells = table.pivot(index="asset", columns="model_type", values="contribution")
    cells = cells[list(table["model_type"].unique())]
    cells = cells.sort_values(cells.columns[0], kind="stable")
    if len(cells) > MOST_ASSETS:
        title += f" (the best and worst {MOST_ASSETS // 2} of {len(cells)})"
        cells = pd.concat([cells.iloc[: MOST_ASSETS // 2], cells.iloc[-MOST_ASSETS // 2 :]])
    values = 100 * cells.to_numpy(float)
    largest = float(pd.Series(values.ravel()).abs().max()) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(cells.columns),
            y=[plotly_text(str(asset)) for asset in cells.index],
            text=[["" if pd.isna(value) else f"{value:+.1f}" for value in line] for line in values],
            texttemplate="%{text}",
            hovertemplate="%{y}, %{x}: %{text} points<extra></extra>",
            zmin=-largest,
            zmax=largest,
            colorscale=_LOSS_TO_GAIN,
            showscale=False,
            xgap=1,
            ygap=1,
        )
    )
    figure.update_yaxes(type="category", dtick=1, showgrid=False)
    figure.update_xaxes(type="category", side="top", showgrid=False)
    figure.update_layout(height=110 + _LINE_PX * len(cells))
    return styled(figure, title)


def _shown(name: str) -> str:
    return BASELINE_NAMES.get(name, name)


def _line(name: str) -> dict[str, object]:
    if name in MODEL_TYPES:
        return {"color": colour_of(name), "width": 2}
    return {"color": BASELINE_COLOURS[name], "width": 1.5, "dash": "dash"}
