"""Which bars were seen, so that they are recognised later under other names of the assets."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from trading_hpo.types import Panel

N_MARKS = 64


def seen_bars(panel: Panel, rows: Int[np.ndarray, " N"]) -> dict[str, Any]:
    """Return assets, first and last moment and marks of some rows, as plain data.

    **Looks ahead:** label only; the marks are of the rows' next moves.
    """
    bars = panel.bar[rows]
    return {
        "assets": [panel.assets[asset] for asset in np.unique(panel.asset[rows])],
        "first": panel.timestamps[bars.min()].isoformat(),
        "last": panel.timestamps[bars.max()].isoformat(),
        "marks": _marks(panel, rows),
    }


def saw_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two of them are bars of the same asset at the same time, whatever was predicted there.

    Assets are the same by their names, or by their returns: a sample of them is kept, so that other names hide no more
    than a small overlap.
    """
    shared = (not set(one.get(name, ())).isdisjoint(other.get(name, ())) for name in ("assets", "marks"))
    return at_the_same_time(one, other) and any(shared)


def at_the_same_time(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the times of two of them overlap."""
    return bool(one["first"] <= other["last"] and other["first"] <= one["last"])


def _marks(panel: Panel, rows: Int[np.ndarray, " N"]) -> list[str]:
    """Return the least hashes of when an asset moved by how much: what overlaps by much has some of them in common.

    Source: Broder (1997), On the resemblance and containment of documents.
    """
    moves = panel.forward_return[rows, 0].astype(np.float64)
    stamps = panel.timestamps.asi8[panel.bar[rows]]
    moved = moves != 0
    hashes = {
        hashlib.sha256(f"{stamp} {move:.5g}".encode()).hexdigest()[:12]
        for stamp, move in zip(stamps[moved].tolist(), moves[moved].tolist(), strict=True)
    }
    return sorted(hashes)[:N_MARKS]
