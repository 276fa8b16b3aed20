"""The arrays that the rooms hand to each other, and the letters of their shapes.

B batch, L window length, T bars of the calendar, A assets, R rows, F features, H horizon steps, C targets, N trials (or
some of the rows), K folds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

REGIME = "regime"  # read where ``columns`` of a source names it: a file may have such a column for another purpose


@dataclass(frozen=True, slots=True)
class BarRange:
    """Bars ``start <= t < stop`` of the panel's calendar."""

    start: int
    stop: int

    def __len__(self) -> int:
        return max(0, self.stop - self.start)

    def bars(self) -> Int[np.ndarray, " T"]:
        """Return the bar numbers of the range."""
        return np.arange(self.start, self.stop)


@dataclass(frozen=True, slots=True)
class Fold:
    """One split of the bars before the holdout.

    Attributes:
        number: Place of the fold in time order, from 0.
        train: Ranges whose rows fit weights and scalers, as far as they are not purged (``splits.purging``).
        stop: Tail of train: early stopping, thresholds and calibration look here.
        validation: What the study maximises and pruners see.
        paths: For each validation range, the path that it is a part of; the mean over paths is a trial's value.
        embargo_bars: Between the end of the last validation label and what is trained on after it.
        lookback_bars: Own bars before a row that its features read, where rows of train and stop that look back at
            validation labels are purged; else 0.
    """

    number: int
    train: tuple[BarRange, ...]
    stop: tuple[BarRange, ...]
    validation: tuple[BarRange, ...]
    paths: tuple[int, ...] = (0,)
    embargo_bars: int = 0
    lookback_bars: int = 0

    def role(self, name: str) -> tuple[BarRange, ...]:
        """Return the ranges of ``train``, ``stop`` or ``validation``."""
        ranges: tuple[BarRange, ...] = getattr(self, name)
        return ranges


@dataclass(frozen=True)
class Panel:
    """The bars that exist, asset after asset, each asset's in time order.

    A *row* is one bar of one asset; its number is its place in the arrays. The window of a row are the last L bars of
    its own asset, and H counts its own bars, whatever the other assets' calendars are. The bars of all assets share one
    calendar, the union of their timestamps: by it folds are cut and portfolios are made up.

    Attributes:
        features: Finite values; 0 where ``observed`` is false.
        forward_return: Simple return of each of the asset's next H bars, known at their closes; of a row without a
            label the first alone. Label only.
        target: What the model learns: 0 or 1 for a class, a number otherwise. Label only.
        label_end: Calendar bar at which the label of a row becomes known; ``n_bars`` where there is none. Label only.
        observed: Whether all features of the row are known.
        labelled: Whether the row has a label.
        asset: Place in ``assets`` of each row's asset; never falls.
        bar: Calendar bar of each row; rises within an asset.
        timestamps: The calendar, UTC, strictly increasing.
        assets: Names.
        feature_names: Names, in the order of axis F.
        label: The task that made the targets, as plain data: ``kind`` and its options.
        bars_per_year: Of the calendar; annualises the Sharpe ratio.
        path: The file the arrays are mapped from, for workers to map it again.
        prices: High, low and close of each row's bar, of tasks whose positions end at a barrier; the close stands for
            what the source lacks.
        barriers: Upper and lower price at which a position that is opened at the row's close ends, of the same tasks;
            NaN where the history before the row is too short.
        regime: Place in ``regime_names`` of the regime that the user's own column gives the row, -1 where it is empty;
            none without such a column. Scores are divided by it; no model sees it.
        regime_names: Of those regimes.
    """

    features: Float[np.ndarray, "R F"]
    forward_return: Float[np.ndarray, "R H"]
    target: Float[np.ndarray, "R C"]
    label_end: Int[np.ndarray, " R"]
    observed: Bool[np.ndarray, " R"]
    labelled: Bool[np.ndarray, " R"]
    asset: Int[np.ndarray, " R"]
    bar: Int[np.ndarray, " R"]
    timestamps: pd.DatetimeIndex
    assets: Sequence[str]
    feature_names: Sequence[str]
    label: Mapping[str, Any] = field(default_factory=lambda: {"kind": "direction"})
    bars_per_year: float = 252.0
    path: Path | None = field(default=None, compare=False)
    prices: Float[np.ndarray, "R 3"] | None = None
    barriers: Float[np.ndarray, "R 2"] | None = None
    regime: Int[np.ndarray, " R"] | None = None
    regime_names: Sequence[str] = ()

    @property
    def n_rows(self) -> int:
        """R."""
        return int(self.features.shape[0])

    @property
    def n_assets(self) -> int:
        """A."""
        return len(self.assets)

    @property
    def n_bars(self) -> int:
        """T, of the calendar."""
        return len(self.timestamps)

    @property
    def n_features(self) -> int:
        """F."""
        return int(self.features.shape[1])

    @property
    def horizon_bars(self) -> int:
        """H."""
        return int(self.forward_return.shape[1])

    @property
    def all_bars(self) -> BarRange:
        """Every bar of the calendar."""
        return BarRange(0, self.n_bars)

    @property
    def first_row(self) -> Int[np.ndarray, " A"]:
        """The first row of each asset; its rows end where the next one's begin."""
        return np.searchsorted(self.asset, np.arange(self.n_assets))

    @property
    def place(self) -> Int[np.ndarray, " R"]:
        """How many own bars each row's asset has before it."""
        place: Int[np.ndarray, " R"] = np.arange(self.n_rows) - self.first_row[self.asset]
        return place

    def first_seen(self, lookback_bars: int) -> Int[np.ndarray, " R"]:
        """Return the first bar that each row's features read: so many of its asset's own bars before it.

        **Looks ahead:** never.
        """
        seen: Int[np.ndarray, " R"] = self.bar[np.arange(self.n_rows) - np.minimum(self.place, lookback_bars)]
        return seen

    def rows(self, ranges: Sequence[BarRange], window_bars: int) -> Int[np.ndarray, " N"]:
        """Return the row numbers of the samples in ``ranges``, asset after asset: rows with a window and a label.

        **Looks ahead:** label only; whether a row is a sample depends on whether it has a label.

        Args:
            ranges: Bars to draw from.
            window_bars: As of ``windowed_rows``.
        """
        rows = self.windowed_rows(ranges, window_bars)
        return rows[self.labelled[rows]]

    def windowed_rows(self, ranges: Sequence[BarRange], window_bars: int) -> Int[np.ndarray, " N"]:
        """Return the row numbers in ``ranges`` that have a window, asset after asset: what can be forecast and traded.

        **Looks ahead:** never; whether a row is one depends on its own window.

        Args:
            ranges: Bars to draw from.
            window_bars: L of the longest window of the search: all L bars of a row's window must be observed,
                so that trials with different windows are judged on the same rows.
        """
        seen = np.concatenate([[0], np.cumsum(self.observed, dtype=np.int64)])
        full = np.zeros(self.n_rows, dtype=bool)
        if window_bars <= self.n_rows:
            full[window_bars - 1 :] = seen[window_bars:] - seen[: len(seen) - window_bars] == window_bars
        full &= self.place >= window_bars - 1
        inside = np.zeros(self.n_bars, dtype=bool)
        for bars in ranges:
            inside[bars.start : bars.stop] = True
        return np.flatnonzero(full & inside[self.bar])
