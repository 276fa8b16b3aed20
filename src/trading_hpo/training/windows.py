"""Batches of scaled windows straight from the panel: a strided view, one gather, no copies of the data."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from trading_hpo.types import Panel


@dataclass(frozen=True)
class Scaler:
    """Mean and spread per feature, of one fold's train rows alone."""

    mean: Float[Tensor, " F"]
    spread: Float[Tensor, " F"]
    clip: float

    @staticmethod
    def fit(panel: Panel, rows: Int[np.ndarray, " N"], clip: float) -> "Scaler":
        """Return the scaler of the bars at ``rows``; features that never move keep a spread of 1.

        **Looks ahead:** never, given train rows.
        """
        values = panel.features[rows]
        mean = values.mean(axis=0, dtype=np.float64)
        spread = values.std(axis=0, dtype=np.float64)
        spread[spread < 1e-12] = 1.0
        return Scaler(torch.from_numpy(mean.astype("f4")), torch.from_numpy(spread.astype("f4")), clip)

    def to(self, device: str) -> "Scaler":
        """Return the scaler on a device."""
        return Scaler(self.mean.to(device), self.spread.to(device), self.clip)

    def __call__(self, windows: Float[Tensor, "B L F"]) -> Float[Tensor, "B L F"]:
        """Scale a batch, in place."""
        return windows.sub_(self.mean).div_(self.spread).clamp_(-self.clip, self.clip)


class Windows:
    """The windows of a panel: ``batch(rows)`` gathers those that end at the given rows.

    Args:
        panel: Its features are viewed, not copied, on the CPU.
        window_bars: L.
        device: Where the panel's features and the batches live.
    """

    def __init__(self, panel: Panel, window_bars: int, device: str = "cpu") -> None:
        flat = torch.from_numpy(panel.features).to(device)
        self.length, self.device = window_bars, device
        # Window i covers rows i .. i + L - 1. Windows that cross from one asset to the next exist in
        # the view and are never asked for: Panel.rows gives only rows whose whole window is observed.
        n_windows = max(flat.shape[0] - window_bars + 1, 0)
        self._view = flat.as_strided(
            (n_windows, window_bars, panel.n_features), (panel.n_features, panel.n_features, 1)
        )
        self._asset = torch.from_numpy(panel.asset).to(device)

    def batch(self, rows: Int[Tensor, " B"]) -> tuple[Float[Tensor, "B L F"], Int[Tensor, " B"]]:
        """Return the windows that end at ``rows`` (unscaled) and the asset of each."""
        return self._view.index_select(0, rows - (self.length - 1)), self._asset[rows]
