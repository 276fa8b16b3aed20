"""Rows -> the batches of an epoch, as the loss wants them: rows, whole bars, or runs of consecutive bars."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from trading_hpo.training.losses.loss import Sampling
from trading_hpo.training.runs import run_starts


class BatchSampler:
    """Draws the batches of every epoch anew, from torch's global generator.

    **Looks ahead:** never; it sees row numbers alone.

    Args:
        sampling: What a batch holds.
        rows: To draw from, increasing; an asset's consecutive bars have consecutive numbers.
        bar: Calendar bar of each row.
        asset: Asset of each row.
        batch_size: Rows in a batch; with bars or runs about so many, but at least one bar or run.
        device: Where the row numbers are wanted.

    Raises:
        DataError: No run of the wanted length is among the rows.
    """

    def __init__(
        self,
        sampling: Sampling,
        rows: Int[np.ndarray, " N"],
        bar: Int[np.ndarray, " N"],
        asset: Int[np.ndarray, " N"],
        batch_size: int,
        device: str = "cpu",
    ) -> None:
        self._sampling, self._batch_size, self._device = sampling, batch_size, device
        self._rows = torch.from_numpy(rows)
        if sampling.kind == "bars":
            by_bar = rows[np.lexsort((rows, bar))]
            counts = np.unique(bar, return_counts=True)[1]
            self._bars = torch.from_numpy(by_bar).to(device).split(counts.tolist())
        elif sampling.kind == "runs":
            self._starts = torch.from_numpy(run_starts(rows, asset, sampling.length))

    def epoch(self, max_rows: int | None = None) -> Sequence[Int[Tensor, " B"]]:
        """Return the batches of an epoch.

        Rows and bars come once each. A run may begin at any row, so runs overlap; they have as many rows together as
        there are.

        Args:
            max_rows: Draw about so many rows; ``None`` takes all.
        """
        n_rows = len(self._rows)
        n_drawn = n_rows if max_rows is None else min(max_rows, n_rows)
        if self._sampling.kind == "rows":
            return self._rows[torch.randperm(n_rows)[:n_drawn]].to(self._device).split(self._batch_size)
        if self._sampling.kind == "bars":
            n_bars = len(self._bars)
            order = torch.randperm(n_bars)[: max(n_bars * n_drawn // n_rows, 1)]
            per_batch = max(self._batch_size * n_bars // n_rows, 1)
            return [torch.cat([self._bars[bar] for bar in batch.tolist()]) for batch in order.split(per_batch)]
        length = self._sampling.length
        drawn = self._starts[torch.randperm(len(self._starts))[: max(n_drawn // length, 1)]].to(self._device)
        return [_runs_from(starts, length) for starts in drawn.split(max(self._batch_size // length, 1))]


def judged_rows(
    sampling: Sampling, rows: Int[np.ndarray, " N"], bar: Int[np.ndarray, " N"], asset: Int[np.ndarray, " N"]
) -> Int[np.ndarray, " M"]:
    """Return the places in ``rows`` on which a loss is computed outside of training, in the order that it wants.

    All rows, bar after bar if batches are bars; of runs those that lie side by side, without what is left over.

    Raises:
        DataError: No run of the wanted length is among the rows.
    """
    if sampling.kind == "bars":
        return np.lexsort((rows, bar))
    if sampling.kind == "runs":
        starts = _side_by_side(run_starts(rows, asset, sampling.length), sampling.length)
        first = np.searchsorted(rows, starts)
        places: Int[np.ndarray, " M"] = (first[:, None] + np.arange(sampling.length)).ravel()
        return places
    return np.arange(len(rows))


def _side_by_side(starts: Int[np.ndarray, " S"], length: int) -> Int[np.ndarray, " S"]:
    kept: list[int] = []
    for start in starts.tolist():
        if not kept or start >= kept[-1] + length:
            kept.append(start)
    return np.array(kept)


def _runs_from(starts: Int[Tensor, " S"], length: int) -> Int[Tensor, " B"]:
    return (starts[:, None] + torch.arange(length, device=starts.device)).flatten()
