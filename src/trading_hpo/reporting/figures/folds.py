"""The folds on a time axis."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from trading_hpo.reporting.figures.axes import DATE_TICKS
from trading_hpo.reporting.figures.style import NEUTRAL, note, styled

# Of no model type, though some of the same colours: with them, every role is distinguished on white and on black.
ROLE_COLOURS = {
    "train": "#0072B2",
    "stop": "#9900EE",
    "validation": "#009E73",
    "gap": "#D55E00",
    "search": NEUTRAL,
    "holdout": "#CC79A7",
}
_NAMES = {"gap": "purged or embargo", "search": "all bars of the search"}
_LINE_PX = 34
MAKE_THEM = "Run `kedro run`: it prepares the bars and divides them into folds."


def folds_figure(table: pd.DataFrame) -> go.Figure:
    """Return the bars of each role of each fold, what lies between them unused, and the holdout.

    Args:
        table: Of ``split_to_table``.
    """
    title = "Folds and holdout"
    if table.empty:
        return note(title, "no folds have been made yet", MAKE_THEM)
    stamps = {name: pd.to_datetime(table[name], utc=True, format="ISO8601") for name in ("first", "last")}
    dated = table.assign(**stamps)
    numbers = sorted(dated.loc[dated["fold"] >= 0, "fold"].unique())
    parts = [part for number in numbers for part in _of_fold(dated[dated["fold"] == number], str(number + 1))]
    parts += list(_of_fold(dated[dated["fold"] < 0], "holdout"))
    figure = go.Figure()
    for role, colour in ROLE_COLOURS.items():
        own = [part for part in parts if part["role"] == role]
        if own:
            figure.add_trace(_bars(_NAMES.get(role, role), colour, own, edge=1.5 if role == "gap" else 0))
    rows = [*(str(number + 1) for number in numbers), "holdout"]
    figure.update_layout(barmode="overlay", bargap=0.35)
    styled(figure, title, "close of the bar (UTC)", "fold", plot_height_px=_LINE_PX * max(len(rows), 3))
    figure.update_xaxes(type="date", tickformatstops=DATE_TICKS)
    return figure.update_yaxes(type="category", categoryorder="array", categoryarray=rows[::-1], dtick=1)


def _bars(name: str, colour: str, parts: Sequence[Mapping[str, Any]], edge: float) -> go.Bar:
    """Return the ranges of one role; without an edge, few bars among thousands would be thinner than a pixel."""
    return go.Bar(
        orientation="h",
        base=[part["first"] for part in parts],
        x=[part["length_ms"] for part in parts],
        y=[part["row"] for part in parts],
        name=name,
        marker={"color": colour, "line": {"color": colour, "width": edge}},
        showlegend=True,
        customdata=[
            [part["bars"], part["first"][:10], part["last"][:10], _where(part), part["path"]] for part in parts
        ],
        hovertemplate=(
            f"%{{customdata[3]}}{name}%{{customdata[4]}}<br>"
            "%{customdata[0]:,d} bars, %{customdata[1]} to %{customdata[2]}"
            "<extra></extra>"
        ),
    )


def _where(part: Mapping[str, Any]) -> str:
    return "" if part["row"] == "holdout" else f"fold {part['row']}, "


def _of_fold(lines: pd.DataFrame, row: str) -> Iterator[dict[str, Any]]:
    """Yield the ranges of one row of the picture in time order, and the gaps between them."""
    before: dict[Hashable, Any] = {}
    for line in lines.sort_values("start_bar").to_dict("records"):
        if before and line["start_bar"] > before["stop_bar"]:
            yield _part("gap", row, before["last"], line["first"], line["start_bar"] - before["stop_bar"])
        yield _part(str(line["role"]), row, line["first"], line["last"], line["bars"], line.get("path", -1))
        before = line


def _part(role: str, row: str, first: pd.Timestamp, last: pd.Timestamp, bars: int, path: int = -1) -> dict[str, Any]:
    length_ms = (last - first) / pd.Timedelta(milliseconds=1)
    return {
        "role": role,
        "row": row,
        "first": first.strftime("%Y-%m-%d %H:%M"),
        "last": last.strftime("%Y-%m-%d %H:%M"),
        "length_ms": length_ms,
        "bars": int(bars),
        "path": "" if path < 0 else f" of path {path + 1}",
    }
