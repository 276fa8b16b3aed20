"""The training loop: one network, one fold, a generator that the caller may leave at any epoch."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from trading_hpo.errors import Interrupted
from trading_hpo.training.batch import Batch, PanelTensors
from trading_hpo.training.config import Components
from trading_hpo.training.losses.loss import Loss
from trading_hpo.training.sampling import BatchSampler
from trading_hpo.training.seeding import RandomStream
from trading_hpo.training.windows import Scaler, Windows


@dataclass(frozen=True)
class EpochResult:
    """What an epoch left.

    Attributes:
        epoch: From 1.
        train_loss: Mean over the epoch's rows, or over its batches if the loss is not additive.
        learning_rate: Of the epoch; of one that changed by batch the mean.
        seconds: Of training; what the caller does in between is not counted.
    """

    epoch: int
    train_loss: float
    learning_rate: float
    seconds: float


def fit(
    network: nn.Module,
    windows: Windows,
    rows: Int[np.ndarray, " N"],
    scaler: Scaler,
    targets: PanelTensors,
    chosen: Components,
    *,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    stream: RandomStream,
    scores: Sequence[float] = (),
    clip_norm: float | None = None,
    max_windows: int | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[EpochResult]:
    """Train ``network`` in place, yielding after every epoch.

    **Looks ahead:** label only, of the train rows, and of those that ``scores`` come from.

    Args:
        network: On the device of ``windows``.
        windows: The panel's windows.
        rows: Train rows.
        scaler: Fitted on train rows.
        targets: In units of the train rows.
        chosen: Loss, optimizer, schedule.
        epochs: At most.
        batch_size: B.
        learning_rate: That the schedule starts from.
        stream: Draws the batches and the dropout masks.
        scores: For the schedule: what is monitored after each epoch, the higher the better. Whoever takes the
            epochs adds to it before asking for the next one.
        clip_norm: Gradients are scaled down to this norm, all together; none leaves them.
        max_windows: Rows per epoch; each epoch draws its own.
        should_stop: Asked before every batch.

    Raises:
        DataError: The loss wants runs of bars that the rows do not have.
        Interrupted: ``should_stop`` said yes.
    """
    loss, schedule = chosen.loss, chosen.schedule
    optimizer = chosen.optimizer.make(network, learning_rate)
    sampler = BatchSampler(
        loss.sampling, rows, targets.panel.bar[rows], targets.panel.asset[rows], batch_size, windows.device
    )
    for epoch in range(1, epochs + 1):
        started = time.monotonic()
        with stream.entered():
            batches = sampler.epoch(max_windows)
            total, counted, rates = torch.zeros((), device=windows.device), 0, []
            network.train()
            for place, batch in enumerate(batches):
                if should_stop():
                    raise Interrupted
                if place == 0 or schedule.by_batch(epoch):
                    factor = schedule.with_warmup(epoch - 1 + place / len(batches), epochs, scores)
                    rates.append(learning_rate * factor)
                    for group in optimizer.param_groups:
                        group["lr"] = rates[-1]
                size = len(batch) if loss.additive else 1
                # Kept on the device: reading a number there would wait for every step.
                total.add_(_step(network, windows, batch, scaler, loss, targets, optimizer, clip_norm), alpha=size)
                counted += size
            mean_loss = float(total) / max(counted, 1)
        rate = sum(rates) / len(rates) if rates else learning_rate
        yield EpochResult(epoch, mean_loss, rate, time.monotonic() - started)


def _step(
    network: nn.Module,
    windows: Windows,
    rows: Int[Tensor, " B"],
    scaler: Scaler,
    loss: Loss,
    targets: PanelTensors,
    optimizer: torch.optim.Optimizer,
    clip_norm: float | None,
) -> Float[Tensor, ""]:
    batch, asset = windows.batch(rows)
    optimizer.zero_grad(set_to_none=True)
    value = loss(Batch(network(scaler(batch), asset), rows, targets))
    value.backward()
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(network.parameters(), clip_norm)  # Pascanu, Mikolov and Bengio (2013), algorithm 1
    optimizer.step()
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
    """Return the raw outputs of every row, in the meaning of the head of the loss that trained the network.

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
    return torch.cat(parts)
