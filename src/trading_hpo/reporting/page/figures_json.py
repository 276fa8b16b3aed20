"""Figures -> the data of the page: short numbers, equal arrays once, no more points than can be told apart."""

import base64
import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

MOST_POINTS = 800  # of a line, in pairs of the lowest and the highest of a stretch
MOST_MARKS = 400  # of a trace of single marks
MOST_TRACES = 100  # each trial is one in parallel coordinates
_POOLED = 6  # values of an array that is worth a place of its own
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)T00:00:00(?:\.0+)?(?:\+00:00|Z)?")
_SECONDS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.0+)?(?:\+00:00|Z)?")
_SCALE = [[0, "#b9ab98"], [0.5, "#6fa8cf"], [1, "#0b78c4"]]
# Of the figure: the page has its own, of which two for light and dark.
_LEFT_TO_THE_PAGE = ("template", "title", "margin", "paper_bgcolor", "plot_bgcolor")


def plain_figure(figure: go.Figure) -> tuple[dict[str, Any], str, str]:
    """Return a figure as plain data, its title, and what is said of it: what was left out, or why it is empty.

    Args:
        figure: Of the catalog.
    """
    plain = _decoded(json.loads(figure.to_json()))
    title = html.unescape((plain["layout"].get("title") or {}).get("text") or "")
    if not plain["data"]:
        why = " ".join(str(note["text"]) for note in plain["layout"].get("annotations", []))
        return {"data": [], "layout": {}}, title, html.unescape(why)
    kept = _evenly([0.0] * len(plain["data"]), MOST_TRACES)
    thinned = [_thin(_recoloured(plain["data"][place])) for place in kept]
    left = [(now, before) for _, now, before in thinned if now < before]
    said = f"Drawn: {max(left)[0]:,} of {max(left)[1]:,} points of a line or group." if left else ""
    if len(kept) < len(plain["data"]):
        said = f"Drawn: {len(kept):,} of {len(plain['data']):,} lines."
    layout = {name: part for name, part in plain["layout"].items() if name not in _LEFT_TO_THE_PAGE}
    return {"data": [_short(trace) for trace, *_ in thinned], "layout": _short(layout)}, title, said


def page_data(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Return figures as JSON for a script element of the page; long arrays are in ``pool``, each once.

    A figure has ``{"$": place}`` in place of such an array.

    Args:
        figures: Of ``plain_figure``, by name.
    """
    pool: dict[str, int] = {}
    arrays: list[Any] = []

    def pooled(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: pooled(value) for name, value in part.items()}
        if not isinstance(part, list):
            return part
        part = [pooled(value) for value in part]
        if len(part) < _POOLED:
            return part
        key = json.dumps(part)
        if key not in pool:
            pool[key] = len(arrays)
            arrays.append(part)
        return {"$": pool[key]}

    named = {name: pooled(figure) for name, figure in figures.items()}
    text = json.dumps({"pool": arrays, "figures": named}, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return script_text(text)


def script_text(text: str) -> str:
    r"""Return JSON that cannot end the script element that it stands in.

    Example:
        >>> script_text('{"a": "</script>"}')
        '{"a": "\\u003c/script\\u003e"}'
    """
    for char in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _decoded(part: Any) -> Any:
    """Return plain data with lists in place of Plotly's packed arrays."""
    if isinstance(part, dict):
        if "bdata" in part and "dtype" in part:
            values = np.frombuffer(base64.b64decode(part["bdata"]), dtype=np.dtype(part["dtype"]).newbyteorder("<"))
            shape = [int(size) for size in str(part["shape"]).split(",")] if "shape" in part else [len(values)]
            return values.reshape(shape).tolist()
        return {name: _decoded(value) for name, value in part.items()}
    return [_decoded(value) for value in part] if isinstance(part, list) else part


def _recoloured(trace: dict[str, Any]) -> dict[str, Any]:
    """Return a trace of Optuna's with a scale of colours that is seen on light and on dark paper."""
    for part in ("line", "marker"):
        if isinstance(trace.get(part), dict) and "colorscale" in trace[part]:
            trace = {**trace, part: {**trace[part], "colorscale": _SCALE}}
    return trace


def _thin(trace: dict[str, Any]) -> tuple[dict[str, Any], int, int]:
    """Return a trace of no more points than allowed, how many these are, and how many there were."""
    kept, before = None, 0
    if trace.get("type", "scatter") in ("scatter", "scattergl") and isinstance(trace.get("y"), list):
        before = len(trace["y"])
        is_line = "lines" in trace.get("mode", "lines")
        if before > (MOST_POINTS if is_line else MOST_MARKS):
            kept = _ends_of_stretches(trace["y"]) if is_line else _evenly(trace["y"], MOST_MARKS)
    if kept is None:
        return trace, before, before
    return _only(trace, kept, before), len(kept), before


def _only(part: Any, kept: Sequence[int], before: int) -> Any:
    if isinstance(part, dict):
        return {name: _only(value, kept, before) for name, value in part.items()}
    if isinstance(part, list) and len(part) == before:
        return [part[place] for place in kept]
    return [_only(value, kept, before) for value in part] if isinstance(part, list) else part


def _ends_of_stretches(values: Sequence[Any]) -> list[int]:
    """Return the places of the lowest and the highest of equal stretches, so that no peak is lost, and the ends."""
    known = np.array([np.nan if value is None else value for value in values], dtype=float)
    kept = {0, len(known) - 1}
    for part in np.array_split(np.arange(len(known)), MOST_POINTS // 2):
        if not np.isnan(known[part]).all():
            kept |= {int(part[np.nanargmin(known[part])]), int(part[np.nanargmax(known[part])])}
    return sorted(kept)


def _evenly(values: Sequence[Any], most: int) -> list[int]:
    """Return evenly spaced places, with those of the lowest and the highest value; all where they are few."""
    if len(values) <= most:
        return list(range(len(values)))
    known = np.array([value if isinstance(value, int | float) else np.nan for value in values], dtype=float)
    kept = set(np.linspace(0, len(known) - 1, most - 2).astype(int).tolist())
    if not np.isnan(known).all():
        kept |= {int(np.nanargmin(known)), int(np.nanargmax(known))}
    return sorted(kept)


def _short(part: Any, key: str = "") -> Any:
    """Return plain data with numbers of six digits, and dates without what says nothing."""
    if isinstance(part, dict):
        return {name: _short(value, name) for name, value in part.items()}
    if isinstance(part, list):
        return [_short(value, key) for value in part]
    if isinstance(part, float):
        return None if not np.isfinite(part) else float(f"{part:.6g}")
    if isinstance(part, str) and key in ("x", "base"):
        whole = _MIDNIGHT.fullmatch(part) or _SECONDS.fullmatch(part)
        return whole.group(1) if whole else part
    return part
