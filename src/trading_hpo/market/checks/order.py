"""Each asset's bars come once and in one order; what is mixed is said, and never sorted away."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

_FAR = 0.1  # relative distance between two series that are no neighbours of each other
_USUAL = 5.0  # how much farther than a usual move


def order_problems(bars: pd.DataFrame) -> Iterator[str]:
    """Say which assets have a bar twice, or bars in no order; newest first is one.

    Args:
        bars: In the order of the file.
    """
    for asset, own in bars.groupby("asset", sort=True):
        stamps = own["timestamp"]
        repeated = stamps.duplicated()
        if repeated.any():
            yield _duplicates(str(asset), own, repeated)
            continue
        steps = np.diff(pd.DatetimeIndex(stamps).asi8)
        back = np.flatnonzero(steps < 0 if (steps > 0).sum() >= (steps < 0).sum() else steps > 0)
        if len(back):
            yield (
                f"timestamps must be in one order per asset, got {len(back)} out of order for {asset}, "
                f"first at {stamps.iloc[back[0] + 1]}. {_cause(own, back)}"
            )


def alternation_problems(bars: pd.DataFrame) -> Iterator[str]:
    """Say which assets have prices that jump between two levels all the time: two series in one.

    Args:
        bars: Sorted by asset and time.
    """
    for asset, own in bars.groupby("asset", sort=True):
        moves = np.diff(np.log(pd.to_numeric(own["close"], errors="coerce").to_numpy(float)))
        back_and_forth = (np.abs(moves[1:]) > 0.2) & (np.abs(moves[1:] + moves[:-1]) < 0.1 * np.abs(moves[1:]))
        if len(moves) > 20 and back_and_forth.mean() > 0.1:
            first = own["timestamp"].iloc[int(back_and_forth.argmax()) + 2]
            yield (
                f"prices of {asset} must be those of one asset, got {int(back_and_forth.sum())} that jump by a fifth "
                "or more "
                f"and back at once, first at {first}. Give the two series names of their own."
            )


def _duplicates(asset: str, own: pd.DataFrame, repeated: "pd.Series[bool]") -> str:
    again = own[own["timestamp"].duplicated(keep=False)]
    same = not again.drop_duplicates().duplicated("timestamp").any()
    remedy = (
        "They are the same rows: remove the second of each"
        if same
        else (
            "Their values differ: if they are of several assets, name the column of the assets; else keep one of "
            "each, or aggregate "
            "them to one bar"
        )
    )
    count, first = int(repeated.sum()), own.loc[repeated, "timestamp"].iloc[0]
    return f"timestamps must be unique per asset, got {count} duplicates for {asset}, first at {first}. {remedy}."


def _cause(own: pd.DataFrame, back: np.ndarray) -> str:
    """Blocks one after another may be put in order. Bars in between each other are of something else."""
    stamps = own["timestamp"].to_numpy()
    blocks = np.split(stamps, back + 1)
    spans = sorted((block.min(), block.max()) for block in blocks)
    if len(blocks) < len(stamps) / 10 and all(
        before[1] < after[0] for before, after in zip(spans, spans[1:], strict=False)
    ):
        return f"The file has {len(blocks)} blocks of bars that do not overlap: put the earlier one first."
    closes = pd.to_numeric(own["close"], errors="coerce").where(lambda close: close > 0).to_numpy(float)
    moves = np.abs(np.diff(np.log(closes)))
    if np.nanmedian(moves[back]) > max(_FAR, _USUAL * np.nanmedian(np.delete(moves, back))):
        low, high = np.nanquantile(closes, [0.25, 0.75])
        said = f"Bars of something else are among them (closes alternate, about {low:.4g} and {high:.4g})"
    else:
        said = "Bars of another asset, time zone or source may be among them"
    return (
        f"{said}: find where they come from, and remove them or give them a name of their own. Sorting would hide them."
    )
