"""Keeps label intervals of different roles apart.

A row at bar t carries the closed interval [t, label_end(t)]. ``last_end[t]`` is the latest label end over
all assets at bar t, so that one range of bars serves every asset.
"""

import numpy as np
from jaxtyping import Int

from trading_hpo.types import BarRange, Panel


def last_label_end(panel: Panel) -> Int[np.ndarray, " T"]:
    """Return, per bar, the latest bar at which a label of that bar becomes known; the bar itself if none."""
    ends = np.where(panel.labelled, panel.label_end, -1).max(axis=0)
    return np.maximum(ends, np.arange(panel.n_bars))


def purge_before(bars: BarRange, edge: int, last_end: Int[np.ndarray, " T"]) -> BarRange:
    """Cut the range where a label first reaches ``edge``.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 7.4.1.

    Example:
        >>> purge_before(BarRange(0, 10), 10, np.arange(20) + 3)
        BarRange(start=0, stop=7)
    """
    reaching = np.flatnonzero(last_end[bars.start : bars.stop] >= edge)
    return BarRange(bars.start, bars.start + int(reaching[0])) if len(reaching) else bars


def embargo_after(bars: BarRange, validation: BarRange, embargo_bars: int, last_end: Int[np.ndarray, " T"]) -> BarRange:
    """Start the range ``embargo_bars`` after the last validation label has ended.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 7.4.2.

    Example:
        >>> embargo_after(BarRange(10, 30), BarRange(5, 10), 2, np.arange(30) + 3)
        BarRange(start=15, stop=30)
    """
    last = int(last_end[validation.start : validation.stop].max(initial=validation.start - 1))
    start = max(bars.start, last + 1 + embargo_bars)
    return BarRange(min(start, bars.stop), bars.stop)
