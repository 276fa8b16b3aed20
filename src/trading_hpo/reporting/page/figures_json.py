"""Figures -> the data of the page: short numbers, equal arrays once, no more points than can be distinguished."""

import base64
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any

import numpy as np
import plotly.graph_objects as go

MOST_POINTS = 800  # of a line, in pairs of the lowest and the highest of a stretch
MOST_MARKS = 200  # of a trace of single marks
MOST_LINES = 50  # of a trace in which each trial is one, as in parallel coordinates; of traces, too
_POOLED = 6  # values of an array that is worth a place of its own
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)T00:00:00(?:\.0+)?(?:\+00:00|Z)?")
_SECONDS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.0+)?(?:\+00:00|Z)?")
_BELOW = re.compile(r"<br><span[^>]*>(.*?)</span>")  # as ``styled`` writes a paragraph under a title
# Of the figure: the page has its own, of which two for light and dark.
_LEFT_TO_THE_PAGE = ("template", "title", "margin", "paper_bgcolor", "plot_bgcolor")


def plain_figure(figure: go.Figure) -> tuple[dict[str, Any], str, str]:
    """Return a figure as plain data, its title, and what is said of it: how to read it, what was left out.

    Of one that is empty, it is said why, and what to do.

    Args:
        figure: Of the catalog.
    """
    plain = _decoded(json.loads(figure.to_json()))
    heading = str((plain["layout"].get("title") or {}).get("text") or "")
    title, below = _plain_text(_BELOW.sub("", heading)), _BELOW.findall(heading)
    if not plain["data"]:
        written = [part for note in plain["layout"].get("annotations", []) for part in note["text"].split("<br><br>")]
        return {"data": [], "layout": {}}, title, _sentences([*written, *below])
    kept = _spread(len(plain["data"]), MOST_LINES)
    thinned = [_thin(plain["data"][place]) for place in kept]
    left_out = [one.count for one in thinned if one.count[0] < one.count[1] and not one.is_of_lines]
    drawn = [
        _drawn("lines", [(len(kept), len(plain["data"]))]),
        _drawn("lines", [one.count for one in thinned if one.is_of_lines]),
        _drawn("points of a line or group", sorted(left_out, key=itemgetter(1))[-1:]),
    ]
    layout = {name: part for name, part in plain["layout"].items() if name not in _LEFT_TO_THE_PAGE}
    said = _sentences([*below, *filter(None, drawn)])
    return {"data": [_short(one.trace) for one in thinned], "layout": _short(layout)}, title, said


def _plain_text(text: str) -> str:
    """Return a text of Plotly's, which may have several lines, as it is read."""
    return html.unescape(text.replace("<br>", " "))


def _sentences(parts: Sequence[str]) -> str:
    """Return paragraphs as sentences one after the other.

    Example:
        >>> _sentences(["no trial<br>yet", "Run it."])
        'no trial yet. Run it.'
    """
    return " ".join(f"{_plain_text(part).removesuffix('.')}." for part in parts)


def _drawn(what: str, counts: Sequence[tuple[int, int]]) -> str:
    """Say how many of how many are drawn, all together; nothing where none was left out."""
    now, before = (sum(count[place] for count in counts) for place in (0, 1))
    return f"Drawn: {now:,} of {before:,} {what}" if now < before else ""


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


@dataclass(frozen=True)
class _Thinned:
    """A trace of no more than is allowed.

    Attributes:
        trace: Plain data.
        count: Of points or lines, drawn and before.
        is_of_lines: Whether lines are counted.
    """

    trace: dict[str, Any]
    count: tuple[int, int]
    is_of_lines: bool = False


def _thin(trace: dict[str, Any]) -> _Thinned:
    """Return a trace without points that cannot be distinguished; a line among many, which end at gaps, stays whole."""
    y = trace.get("y")
    if trace.get("type", "scatter") not in ("scatter", "scattergl") or not isinstance(y, list):
        return _Thinned(trace, (0, 0))
    is_line = "lines" in trace.get("mode", "lines")
    if is_line and None in y:
        lines = _lines(y)
        own = _spread(len(lines), MOST_LINES)
        kept = [place for number in own for place in lines[number]]
        return _Thinned(_only(trace, kept, len(y)), (len(own), len(lines)), is_of_lines=True)
    if len(y) <= (MOST_POINTS if is_line else MOST_MARKS):
        return _Thinned(trace, (len(y), len(y)))
    kept = _ends_of_stretches(y) if is_line else _evenly(y, MOST_MARKS)
    return _Thinned(_only(trace, kept, len(y)), (len(kept), len(y)))


def _lines(values: Sequence[Any]) -> list[range]:
    """Return the places of each line of a trace, with the gap at its end.

    Example:
        >>> _lines([1, 2, None, 3, None])
        [range(0, 3), range(3, 5)]
    """
    ends = {place + 1 for place, value in enumerate(values) if value is None} | {0, len(values)}
    return [range(*pair) for pair in pairwise(sorted(ends))]


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
    kept = set(_spread(len(known), most - 2))
    if not np.isnan(known).all():
        kept |= {int(np.nanargmin(known)), int(np.nanargmax(known))}
    return sorted(kept)


def _spread(count: int, most: int) -> list[int]:
    """Return evenly spaced places of so many, the first and the last among them.

    Example:
        >>> _spread(9, 3), _spread(2, 3)
        ([0, 4, 8], [0, 1])
    """
    return [int(place) for place in np.linspace(0, count - 1, min(count, most))]


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
