"""The arrays that the rooms hand to each other, and the letters of their shapes.

B batch, L window length, T bars, A assets, R = A x T rows, F features, H horizon steps, C targets, N trials (or some of
the rows), K folds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int


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
        train: Ranges whose rows fit weights and scalers; already purged and embargoed.
        stop: Purged tail of train: early stopping, thresholds and calibration look here.
        validation: What the study maximises and pruners see.
        paths: For each validation range, the path that it is a part of; the mean over paths is a trial's value.
    """

    number: int
    train: tuple[BarRange, ...]
    stop: tuple[BarRange, ...]
    validation: tuple[BarRange, ...]
    paths: tuple[int, ...] = (0,)

    def role(self, name: str) -> tuple[BarRange, ...]:
        """Return the ranges of ``train``, ``stop`` or ``validation``."""
        ranges: tuple[BarRange, ...] = getattr(self, name)
        return ranges


@dataclass(frozen=True)
class Panel:
    """Dense, asset-major arrays of one data set; the bars of all assets on one calendar.

    A *row* is one bar of one asset. Its number is a handle: what there is of a row is asked for by it, and how rows
    are laid out in memory is known to the market and the splits alone.

    Attributes:
        features: Finite values; 0 where ``observed`` is false.
        forward_return: Simple return of each of the asset's next H bars, known at their closes. Label only.
        target: What the model learns: 0 or 1 for a class, a number otherwise. Label only.
        label_end: Calendar bar at which the label of a row becomes known. Label only.
        observed: Whether all features of the row are known.
        labelled: Whether the row has a label.
        timestamps: UTC, strictly increasing.
        assets: Names, in the order of axis A.
        feature_names: Names, in the order of axis F.
        label: The task that made the targets, as plain data: ``kind`` and its options.
        bars_per_year: Of the source; annualises the Sharpe ratio.
        path: The file the arrays are mapped from, for workers to map it again.
    """

    features: Float[np.ndarray, "A T F"]
    forward_return: Float[np.ndarray, "A T H"]
    target: Float[np.ndarray, "A T C"]
    label_end: Int[np.ndarray, "A T"]
    observed: Bool[np.ndarray, "A T"]
    labelled: Bool[np.ndarray, "A T"]
    timestamps: pd.DatetimeIndex
    assets: Sequence[str]
    feature_names: Sequence[str]
    label: Mapping[str, Any] = field(default_factory=lambda: {"kind": "direction"})
    bars_per_year: float = 252.0
    path: Path | None = field(default=None, compare=False)

    @property
    def n_assets(self) -> int:
        """A."""
        return int(self.features.shape[0])

    @property
    def n_bars(self) -> int:
        """T."""
        return int(self.features.shape[1])

    @property
    def n_features(self) -> int:
        """F."""
        return int(self.features.shape[2])

    @property
    def horizon_bars(self) -> int:
        """H."""
        return int(self.forward_return.shape[2])

    @property
    def all_bars(self) -> BarRange:
        """Every bar of the calendar."""
        return BarRange(0, self.n_bars)

    @property
    def feature_rows(self) -> Float[np.ndarray, "R F"]:
        """The features of every row, without copying; the L rows up to a row are its window."""
        return self.features.reshape(-1, self.n_features)

    @property
    def target_rows(self) -> Float[np.ndarray, "R C"]:
        """The targets of every row, without copying."""
        return self.target.reshape(-1, self.target.shape[-1])

    def targets(self, rows: Int[np.ndarray, " N"]) -> Float[np.ndarray, "N C"]:
        """Return the targets of rows."""
        return self.target_rows[rows]

    def forward_returns(self, rows: Int[np.ndarray, " N"]) -> Float[np.ndarray, "N H"]:
        """Return the simple returns of the next H bars of rows."""
        return self.forward_return.reshape(-1, self.horizon_bars)[rows]

    def label_ends(self, rows: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
        """Return the calendar bar at which the label of each row becomes known."""
        return self.label_end.reshape(-1)[rows]

    def bar_of(self, rows: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
        """Return the calendar bar of each row."""
        return rows % self.n_bars

    def asset_of(self, rows: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
        """Return the asset of each row, as its place in ``assets``."""
        return rows // self.n_bars

    def rows(self, ranges: Sequence[BarRange], window_bars: int) -> Int[np.ndarray, " N"]:
        """Return the row numbers of the samples in ``ranges``, in asset-major order.

        **Looks ahead:** never; whether a row is a sample depends on its own window and label.

        Args:
            ranges: Bars to draw from.
            window_bars: L of the longest window of the search: all L bars of a row's window must be observed,
                so that trials with different windows are judged on the same rows.
        """
        seen = np.cumsum(self.observed, axis=1, dtype=np.int32)
        full = np.zeros_like(self.observed)
        if window_bars <= self.n_bars:
            before = np.pad(seen[:, :-window_bars], ((0, 0), (1, 0))) if window_bars < self.n_bars else 0
            full[:, window_bars - 1 :] = (seen[:, window_bars - 1 :] - before) == window_bars
        inside = np.zeros(self.n_bars, dtype=bool)
        for bars in ranges:
            inside[bars.start : bars.stop] = True
        return np.flatnonzero(full & self.labelled & inside[None, :])
