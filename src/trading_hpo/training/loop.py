"""The training loop: one network, one fold, a generator that the caller may leave at any epoch."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from trading_hpo.errors import Interrupted
from trading_hpo.training.losses import Loss
from trading_hpo.training.seeding import RandomStream
from trading_hpo.training.windows import Scaler, Windows


@dataclass(frozen=True)
class EpochResult:
    """What an epoch left.

    Attributes:
        epoch: From 1.
        train_loss: Mean over the epoch's batches.
        seconds: Of training; what the caller does in between is not counted.
    """

    epoch: int
    train_loss: float
    seconds: float


def fit(
    network: nn.Module,
    windows: Windows,
    rows: Int[np.ndarray, " N"],
    scaler: Scaler,
    loss: Loss,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    stream: RandomStream,
    max_windows: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[EpochResult]:
    """Train ``network`` in place, yielding after every epoch.

    **Looks ahead:** label only, of the train rows.

    Args:
        network: On the device of ``windows``.
        windows: The panel's windows.
        rows: Train rows.
        scaler: Fitted on train rows.
        loss: Of a batch.
        epochs: At most.
        batch_size: B.
        learning_rate: Of AdamW (Loshchilov and Hutter, 2019).
        weight_decay: Of AdamW.
        stream: Draws the batches and the dropout masks.
        max_windows: Rows per epoch; each epoch draws its own.
        should_stop: Asked before every batch.

    Raises:
        Interrupted: ``should_stop`` said yes.
    """
    optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay, fused=True)
    all_rows = torch.from_numpy(rows)
    for epoch in range(1, epochs + 1):
        started = time.monotonic()
        with stream.entered():
            drawn = all_rows[torch.randperm(len(rows))[:max_windows]].to(windows.device)
            total = torch.zeros((), device=windows.device)
            network.train()
            for chosen in drawn.split(batch_size):
                if should_stop():
                    raise Interrupted
                # Kept on the device: reading a number there would wait for every step.
                total.add_(_step(network, windows, chosen, scaler, loss, optimiser), alpha=len(chosen))
            mean_loss = float(total) / max(len(drawn), 1)
        yield EpochResult(epoch, mean_loss, time.monotonic() - started)


def _step(
    network: nn.Module,
    windows: Windows,
    rows: Int[Tensor, " B"],
    scaler: Scaler,
    loss: Loss,
    optimiser: torch.optim.Optimizer,
) -> Float[Tensor, ""]:
    batch, asset = windows.batch(rows)
    optimiser.zero_grad(set_to_none=True)
    value = loss(network(scaler(batch), asset), windows.target[rows])
    value.backward()
    optimiser.step()
    return value.detach()


@torch.inference_mode()
def predict(
    network: nn.Module,
    windows: Windows,
    rows: Int[np.ndarray, " N"],
    scaler: Scaler,
    batch_size: int = 2048,
    should_stop: Callable[[], bool] = lambda: False,
) -> Float[Tensor, "N O"]:
    """Return the raw outputs of every row.

    Raises:
        Interrupted: ``should_stop`` said yes.
    """
    network.eval()
    parts = []
    for chosen in torch.from_numpy(rows).to(windows.device).split(batch_size):
        if should_stop():
            raise Interrupted
        batch, asset = windows.batch(chosen)
        parts.append(network(scaler(batch), asset))
    return torch.cat(parts) if parts else torch.empty(0)
