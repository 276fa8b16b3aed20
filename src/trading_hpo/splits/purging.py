"""Keeps label intervals of different roles apart, row by row.

A row at bar t carries the closed interval [t, label_end]. One asset's hole makes its own labels longer, and costs its
own rows only.

Purging and embargo are those of Lopez de Prado (2018), Advances in Financial Machine Learning, 7.4, to the bar: snippet
7.1 (`getTrainTimes`: a train interval may neither start nor end in the test's, nor cover it) on a test interval that is
prolonged by the embargo after its last label has ended (snippet 7.2, `getEmbargoTimes`). Three differences:

- Snippet 7.3 (`PurgedKFold`) keeps a row more on each side than 7.1 and 7.2: one whose label ends on the first test
  bar, and one on the last bar of the embargo, or, without one, on the bar on which the last test label ends. Here they
  go: their intervals share a bar with the test's.
- The embargo is a number of bars, in the book a share of all.
- The book gives up train rows only; `embargo_after` gives up validation rows where that costs less than half as many.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from trading_hpo.types import BarRange, Fold, Panel


@dataclass(frozen=True)
class Intervals:
    """The closed label intervals of rows that may become samples.

    Attributes:
        bar: At which each begins.
        end: At which its label becomes known.
        seen: First bar that the row's features read, where rows that look back at validation labels are purged.
    """

    bar: Int[np.ndarray, " N"]
    end: Int[np.ndarray, " N"]
    seen: Int[np.ndarray, " N"] | None = None

    @staticmethod
    def of(panel: Panel, lookback_bars: int = 0) -> "Intervals":
        """Return those of the rows with all features and a label."""
        usable = panel.observed & panel.labelled
        seen = panel.first_seen(lookback_bars)[usable] if lookback_bars else None
        return Intervals(panel.bar[usable], panel.label_end[usable], seen)

    def at(self, kept: Bool[np.ndarray, " N"]) -> "Intervals":
        """Return some of them."""
        return Intervals(self.bar[kept], self.end[kept], None if self.seen is None else self.seen[kept])

    def inside(self, bars: BarRange) -> Bool[np.ndarray, " N"]:
        """Say which begin in a range."""
        return (self.bar >= bars.start) & (self.bar < bars.stop)


def purge_before(bars: BarRange, edge: int, intervals: Intervals) -> BarRange:
    """Cut the range after its last bar with a label that ends before ``edge``; others of its rows may reach it.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 7.4.1.

    Example:
        >>> purge_before(BarRange(0, 10), 10, Intervals(np.arange(20), np.arange(20) + 3))
        BarRange(start=0, stop=7)
    """
    kept = intervals.bar[intervals.inside(bars) & (intervals.end < edge)]
    return BarRange(bars.start, int(kept.max(initial=bars.start - 1)) + 1)


def embargo_after(bars: BarRange, validation: BarRange, embargo_bars: int, intervals: Intervals) -> BarRange:
    """Start the range ``embargo_bars`` after the validation labels have ended.

    Where few labels end much later than the others, as before a suspension, it is cheaper to give those rows of
    validation up than to wait for them: the range starts where the fewest rows are lost, one of validation counting as
    two, and as late as possible among such bars. Where it is known what the features of each row read, the range starts
    no earlier than the first row that reads nothing of the validation labels.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 7.4.2.

    Example:
        >>> embargo_after(BarRange(10, 30), BarRange(5, 10), 2, Intervals(np.arange(30), np.arange(30) + 3))
        BarRange(start=15, stop=30)
    """
    ends = np.sort(intervals.end[intervals.inside(validation)])
    waits = np.unique(np.append(ends[ends >= validation.stop], validation.stop - 1))
    given_up = len(ends) - np.searchsorted(ends, waits, side="right")
    after = np.sort(intervals.bar[intervals.inside(bars)])
    lost = 2 * given_up + np.searchsorted(after, waits + embargo_bars, side="right")
    wait = int(waits[np.flatnonzero(lost == lost.min())[-1]])
    start = min(max(bars.start, wait + 1 + embargo_bars), bars.stop)
    if intervals.seen is not None:
        clear = intervals.bar[intervals.inside(BarRange(start, bars.stop)) & (intervals.seen > wait)]
        start = int(clear.min(initial=bars.stop))
    return BarRange(start, bars.stop)


def rows_of(panel: Panel, fold: Fold, role: str, edge: int, window_bars: int) -> Int[np.ndarray, " N"]:
    """Return the samples of a role of a fold.

    A row of train or stop is none if its label reaches a later role, or, where the fold says how far features look
    back, if its own read a validation label before it; a row of validation is none if its label, and the embargo after
    it, reach what is trained on later; none is whose label reaches the holdout.

    **Looks ahead:** label only; label ends decide what is purged.

    Args:
        panel: Rows with their label ends.
        fold: Its ranges.
        role: ``train``, ``stop`` or ``validation``.
        edge: First bar of the holdout.
        window_bars: Of the longest window; rows without so much history are no samples.
    """
    rows = rows_before(panel, fold.role(role), edge, window_bars)
    rows = rows[unpurged(panel.bar[rows], panel.label_end[rows], fold, role)]
    if not fold.lookback_bars or role == "validation":
        return rows
    validation = rows_of(panel, fold, "validation", edge, window_bars)
    looks_back = np.zeros(len(rows), dtype=bool)
    for part, last in zip(fold.validation, _last_ends(panel, fold, validation), strict=True):
        looks_back |= (panel.bar[rows] >= part.stop) & (panel.first_seen(fold.lookback_bars)[rows] <= last)
    return rows[~looks_back]


def unpurged(bar: Int[np.ndarray, " N"], end: Int[np.ndarray, " N"], fold: Fold, role: str) -> Bool[np.ndarray, " N"]:
    """Say of rows in the ranges of a role whether their label intervals stay clear of the other roles.

    **Looks ahead:** label only; label ends decide what is purged.

    Args:
        bar: At which each label interval begins.
        end: At which it ends.
        fold: Its ranges.
        role: ``train``, ``stop`` or ``validation``.
    """
    later: Sequence[BarRange] = {
        "train": (*fold.stop, *fold.validation),
        "stop": fold.validation,
        "validation": (*fold.train, *fold.stop),
    }[role]
    return ~_reach(bar, end + (fold.embargo_bars if role == "validation" else 0), later)


def _last_ends(panel: Panel, fold: Fold, rows: Int[np.ndarray, " N"]) -> list[int]:
    """Return the end of the last label of each validation range, or its last bar where it has no row."""
    own = Intervals(panel.bar[rows], panel.label_end[rows])
    return [int(own.end[own.inside(part)].max(initial=part.stop - 1)) for part in fold.validation]


def rows_before(panel: Panel, ranges: Sequence[BarRange], edge: int, window_bars: int) -> Int[np.ndarray, " N"]:
    """Return the samples of ranges whose labels end before a bar, such as the first of the holdout."""
    rows = panel.rows(ranges, window_bars)
    return rows[panel.label_end[rows] < edge]


def _reach(bar: Int[np.ndarray, " N"], end: Int[np.ndarray, " N"], parts: Sequence[BarRange]) -> Bool[np.ndarray, " N"]:
    reached = np.zeros(len(bar), dtype=bool)
    for part in parts:
        reached |= (bar < part.start) & (end >= part.start)
    return reached
