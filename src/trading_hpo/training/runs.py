"""Runs of consecutive bars of one asset among some rows."""

import numpy as np
from jaxtyping import Int

from trading_hpo.errors import DataError


def run_starts(rows: Int[np.ndarray, " N"], asset: Int[np.ndarray, " N"], length: int) -> Int[np.ndarray, " S"]:
    """Return the rows after which the asset's next bars are there too, ``length`` bars in all.

    **Looks ahead:** never; it sees row numbers alone.

    Args:
        rows: Increasing; an asset's consecutive bars have consecutive numbers.
        asset: Of each row.
        length: Bars of a run.

    Raises:
        DataError: There are none.

    Example:
        >>> run_starts(np.array([1, 2, 3, 5, 6]), asset=np.zeros(5, dtype=int), length=2)
        array([1, 2, 5])
    """
    last = np.arange(len(rows)) + length - 1
    inside = last < len(rows)
    first, end = rows[inside], rows[last[inside]]
    same_asset = asset[inside] == asset[last[inside]]
    starts: Int[np.ndarray, " S"] = first[(end - first == length - 1) & same_asset]
    if not len(starts):
        raise DataError(
            [f"no {length} consecutive bars of one asset are among the {len(rows)} rows. Shorten the runs."]
        )
    return starts


def longest_run(rows: Int[np.ndarray, " N"], asset: Int[np.ndarray, " N"]) -> int:
    """Return the bars of the longest run.

    **Looks ahead:** never; it sees row numbers alone.

    Args:
        rows: As ``run_starts`` gets them.
        asset: Of each row.

    Example:
        >>> longest_run(np.array([1, 2, 3, 5, 6]), asset=np.array([0, 0, 0, 0, 0]))
        3
    """
    ends = np.flatnonzero((np.diff(rows) != 1) | (np.diff(asset) != 0))
    return int(np.diff(np.concatenate([[-1], ends, [len(rows) - 1]])).max())
