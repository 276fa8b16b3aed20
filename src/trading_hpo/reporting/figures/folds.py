"""The folds on a time axis."""

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from trading_hpo.reporting.figures.style import note, styled

_COLOURS = {
    "train": "#0072B2",
    "stop": "#E69F00",
    "validation": "#009E73",
    "gap": "#D55E00",
    "search": "#888888",
    "holdout": "#CC79A7",
}
_NAMES = {"gap": "purged or embargo", "search": "all bars of the search"}
_LINE_PX = 34


def folds_figure(table: pd.DataFrame) -> go.Figure:
    """Return the bars of each role of each fold, what lies between them unused, and the holdout.

    Args:
        table: Of ``split_to_table``.
    """
    title = "Folds and holdout"
    if table.empty:
        return note(title, "no folds have been made yet")
    stamps = {name: pd.to_datetime(table[name], utc=True, format="ISO8601") for name in ("first", "last")}
    dated = table.assign(**stamps)
    numbers = sorted(dated.loc[dated["fold"] >= 0, "fold"].unique())
    figure = go.Figure()
    parts = [part for number in numbers for part in _of_fold(dated[dated["fold"] == number], f"fold {number + 1}")]
    parts += list(_of_fold(dated[dated["fold"] < 0], "holdout"))
    for role, colour in _COLOURS.items():
        own = [part for part in parts if part["role"] == role]
        if own:
            figure.add_bar(
                orientation="h",
                base=[part["first"] for part in own],
                x=[part["length_ms"] for part in own],
                y=[part["row"] for part in own],
                name=_NAMES.get(role, role),
                # A gap of few bars among thousands would be thinner than a pixel.
                marker={"color": colour, "line": {"color": colour, "width": 1.5 if role == "gap" else 0}},
                customdata=[[part["bars"], part["first"][:10], part["last"][:10]] for part in own],
                hovertemplate="%{y}: %{customdata[0]} bars, %{customdata[1]} to %{customdata[2]}",
            )
    rows = [f"fold {number + 1}" for number in numbers] + ["holdout"]
    figure.update_layout(barmode="overlay", bargap=0.35, height=150 + _LINE_PX * len(rows))
    figure.update_xaxes(type="date")
    figure.update_yaxes(type="category", categoryorder="array", categoryarray=rows[::-1])
    return styled(figure, title)


def _of_fold(lines: pd.DataFrame, row: str) -> Iterator[dict[str, Any]]:
    """Yield the ranges of one row of the picture in time order, and the gaps between them."""
    before: dict[Hashable, Any] = {}
    for line in lines.sort_values("start_bar").to_dict("records"):
        if before and line["start_bar"] > before["stop_bar"]:
            yield _part("gap", row, before["last"], line["first"], line["start_bar"] - before["stop_bar"])
        yield _part(str(line["role"]), row, line["first"], line["last"], line["bars"])
        before = line


def _part(role: str, row: str, first: pd.Timestamp, last: pd.Timestamp, bars: int) -> dict[str, Any]:
    length_ms = (last - first) / pd.Timedelta(milliseconds=1)
    return {
        "role": role,
        "row": row,
        "first": first.strftime("%Y-%m-%d %H:%M"),
        "last": last.strftime("%Y-%m-%d %H:%M"),
        "length_ms": length_ms,
        "bars": int(bars),
    }
