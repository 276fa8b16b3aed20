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
    """

    bar: Int[np.ndarray, " N"]
    end: Int[np.ndarray, " N"]

    @staticmethod
    def of(panel: Panel) -> "Intervals":
        """Return those of the rows with all features and a label."""
        usable = panel.observed & panel.labelled
        return Intervals(panel.bar[usable], panel.label_end[usable])

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
    two, and as late as possible among such bars.

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
    start = max(bars.start, wait + 1 + embargo_bars)
    return BarRange(min(start, bars.stop), bars.stop)


def rows_of(panel: Panel, fold: Fold, role: str, edge: int, window_bars: int) -> Int[np.ndarray, " N"]:
    """Return the samples of a role of a fold.

    A row of train or stop is none if its label reaches a later role; a row of validation is none if its label, and the
    embargo after it, reach what is trained on later; none is whose label reaches the holdout.

    **Looks ahead:** label only; label ends decide what is purged.

    Args:
        panel: Rows with their label ends.
        fold: Its ranges.
        role: ``train``, ``stop`` or ``validation``.
        edge: First bar of the holdout.
        window_bars: Of the longest window; rows without so much history are no samples.
    """
    rows = rows_before(panel, fold.role(role), edge, window_bars)
    later: Sequence[BarRange] = {
        "train": (*fold.stop, *fold.validation),
        "stop": fold.validation,
        "validation": (*fold.train, *fold.stop),
    }[role]
    embargo_bars = fold.embargo_bars if role == "validation" else 0
    return rows[~_reach(panel.bar[rows], panel.label_end[rows] + embargo_bars, later)]


def rows_before(panel: Panel, ranges: Sequence[BarRange], edge: int, window_bars: int) -> Int[np.ndarray, " N"]:
    """Return the samples of ranges whose labels end before a bar, such as the first of the holdout."""
    rows = panel.rows(ranges, window_bars)
    return rows[panel.label_end[rows] < edge]


def _reach(bar: Int[np.ndarray, " N"], end: Int[np.ndarray, " N"], parts: Sequence[BarRange]) -> Bool[np.ndarray, " N"]:
    reached = np.zeros(len(bar), dtype=bool)
    for part in parts:
        reached |= (bar < part.start) & (end >= part.start)
    return reached
