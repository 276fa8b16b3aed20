"""The arrays that the rooms hand to each other, and the letters of their shapes.

B batch, L window length, T bars, A assets, F features, H horizon steps, N trials, K folds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

Task = Literal["classification", "regression"]


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
    """

    number: int
    train: tuple[BarRange, ...]
    stop: tuple[BarRange, ...]
    validation: tuple[BarRange, ...]

    def role(self, name: str) -> tuple[BarRange, ...]:
        """Return the ranges of ``train``, ``stop`` or ``validation``."""
        ranges: tuple[BarRange, ...] = getattr(self, name)
        return ranges


@dataclass(frozen=True)
class Panel:
    """Dense, asset-major arrays of one data set; the bars of all assets on one calendar.

    Attributes:
        features: Finite values; 0 where ``observed`` is false.
        forward_return: Simple return of each of the asset's next H bars, known at their closes. Label only.
        target: What the model learns: 0 or 1 for a class, a number for regression. Label only.
        label_end: Calendar bar at which the label of a row becomes known. Label only.
        observed: Whether all features of the row are known.
        labelled: Whether the row has a label.
        timestamps: UTC, strictly increasing.
        assets: Names, in the order of axis A.
        feature_names: Names, in the order of axis F.
        task: Whether ``target`` is a class or a number.
        bars_per_year: Of the source; annualises the Sharpe ratio.
        path: The file the arrays are mapped from, for workers to map it again.
    """

    features: Float[np.ndarray, "A T F"]
    forward_return: Float[np.ndarray, "A T H"]
    target: Float[np.ndarray, "A T"]
    label_end: Int[np.ndarray, "A T"]
    observed: Bool[np.ndarray, "A T"]
    labelled: Bool[np.ndarray, "A T"]
    timestamps: pd.DatetimeIndex
    assets: Sequence[str]
    feature_names: Sequence[str]
    task: Task = "classification"
    bars_per_year: float = 252.0
    label_kind: str = "direction"
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

    def rows(self, ranges: Sequence[BarRange], window_bars: int) -> Int[np.ndarray, " N"]:
        """Return flat row numbers ``asset * T + bar`` of the samples in ``ranges``, in asset-major order.

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
