"""Panel -> the holdout and the folds before it, as a readable table."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int

from trading_hpo.errors import ConfigurationError, DataError
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.lengths import check_lengths
from trading_hpo.splits.purging import Intervals, purge_before, rows_before, rows_of
from trading_hpo.splits.roles import make_folds
from trading_hpo.types import BarRange, Fold, Panel

ROLES = ("train", "stop", "validation")
HOLDOUT = "holdout"
FINAL = -1  # the final training's number; no fold of the search has it


@dataclass(frozen=True)
class Split:
    """The folds of the search and what lies outside of them.

    Attributes:
        folds: In time order.
        search: Every bar that a search or a final training may use; of its rows, those whose labels end before the
            holdout.
        holdout: Sealed; in no fold.
    """

    folds: tuple[Fold, ...]
    search: BarRange
    holdout: BarRange

    def rows(self, panel: Panel, fold: Fold, role: str, window_bars: int) -> Int[np.ndarray, " N"]:
        """Return the samples of a role of one of the folds (``splits.purging.rows_of``)."""
        return rows_of(panel, fold, role, self.holdout.start, window_bars)

    def search_rows(self, panel: Panel, window_bars: int) -> Int[np.ndarray, " N"]:
        """Return the samples of the search."""
        return rows_before(panel, (self.search,), self.holdout.start, window_bars)

    def final_fold(self, stop_fraction: float) -> Fold:
        """Return the roles of the final training: all search bars, the last share of them as stop, none to validate."""
        edge = self.search.stop - int(len(self.search) * stop_fraction)
        return Fold(FINAL, (BarRange(self.search.start, edge),), (BarRange(edge, self.search.stop),), ())


def build_split(panel: Panel, folds: FoldsConfig, holdout: HoldoutConfig, lookback_bars: int = 0) -> Split:
    """Cut the holdout off, then divide what is before it.

    **Looks ahead:** label only; label ends decide what is purged.

    Args:
        panel: Rows with their label ends.
        folds: Scheme, number, stop share, embargo.
        holdout: Share or first day.
        lookback_bars: Own bars before a row that its features read (``splits.lookback``), to purge the rows of train
            and stop that look back at validation labels; 0 keeps them.

    Raises:
        DataError: Too few bars; the message says how many are needed.
        ConfigurationError: Validation blocks are no longer than the embargo, or than a label between them.
    """
    intervals = Intervals.of(panel, lookback_bars)
    if not len(intervals.bar):
        raise DataError(
            [f"no bar has all features and a label: the {panel.n_bars} bars are shorter than the features' history."]
        )
    bars = BarRange(int(intervals.bar.min()), int(intervals.bar.max()) + 1)
    edge = _holdout_start(panel, bars, holdout)
    search = purge_before(BarRange(bars.start, edge), edge, intervals)
    intervals = intervals.at(intervals.end < edge)
    made = list(make_folds(search, folds, intervals, lookback_bars))
    check_lengths(made, search, folds, intervals, panel, lookback_bars)
    return Split(tuple(made), search, BarRange(edge, bars.stop))


def _holdout_start(panel: Panel, bars: BarRange, holdout: HoldoutConfig) -> int:
    if holdout.start is None:
        return bars.stop - round(len(bars) * holdout.fraction)
    edge = int(panel.timestamps.searchsorted(pd.Timestamp(holdout.start, tz=panel.timestamps.tz)))
    if not bars.start < edge < bars.stop:
        first, last = panel.timestamps[bars.start].date(), panel.timestamps[bars.stop - 1].date()
        raise ConfigurationError(
            [f"holdout.start must lie between {first} and {last} (features and labels known), got {holdout.start}."]
        )
    return edge


def split_to_table(split: Split, panel: Panel) -> pd.DataFrame:
    """Return one line per range: ``fold, role, start_bar, stop_bar, first, last, bars, embargo_bars``.

    Fold -1 is outside of all. ``stop_bar`` is exclusive; ``first`` and ``last`` are the timestamps of the first and
    last bar. Where there is more than one path, ``path`` is that of a validation range, and -1 of every other. Where
    rows that look back at validation labels are purged, ``lookback_bars`` is how far they do.
    """
    ranges = [
        (fold.number, role, part, fold.embargo_bars, fold.lookback_bars)
        for fold in split.folds
        for role in ROLES
        for part in fold.role(role)
    ]
    ranges += [(-1, "search", split.search, 0, 0), (-1, HOLDOUT, split.holdout, 0, 0)]
    table = pd.DataFrame(
        [
            {
                "fold": number,
                "role": role,
                "start_bar": part.start,
                "stop_bar": part.stop,
                "first": panel.timestamps[part.start].isoformat(),
                "last": panel.timestamps[part.stop - 1].isoformat(),
                "bars": len(part),
                "embargo_bars": embargo_bars,
                "lookback_bars": lookback_bars,
            }
            for number, role, part, embargo_bars, lookback_bars in ranges
        ]
    )
    if not table["lookback_bars"].any():
        table = table.drop(columns="lookback_bars")
    paths = [path for fold in split.folds for path in fold.paths]
    if any(paths):
        table["path"] = -1
        table.loc[table["role"] == "validation", "path"] = paths
    return table


def split_from_table(table: pd.DataFrame) -> Split:
    """Read back what ``split_to_table`` wrote."""
    lines = table.to_dict("records")

    def ranges(number: int, role: str) -> tuple[BarRange, ...]:
        own = (line for line in lines if line["fold"] == number and line["role"] == role)
        return tuple(BarRange(int(line["start_bar"]), int(line["stop_bar"])) for line in own)

    def fold(number: int) -> Fold:
        validation = [line for line in lines if line["fold"] == number and line["role"] == "validation"]
        paths = tuple(int(line.get("path", 0)) for line in validation)
        train, stop, validated = (ranges(number, role) for role in ROLES)
        embargo_bars, lookback_bars = (int(validation[0].get(name, 0)) for name in ("embargo_bars", "lookback_bars"))
        return Fold(number, train, stop, validated, paths, embargo_bars, lookback_bars)

    numbers = sorted({int(line["fold"]) for line in lines if line["fold"] >= 0})
    return Split(tuple(map(fold, numbers)), ranges(-1, "search")[0], ranges(-1, HOLDOUT)[0])
