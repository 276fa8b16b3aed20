"""What a loss sees of the rows of a batch, gathered when it asks."""

from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from trading_hpo.market.trailing_volatility import trailing_volatility
from trading_hpo.types import Panel


class PanelTensors:
    """What is known of every row of a panel beside its features, as a fold learns it.

    Args:
        panel: The data.
        unit: In which each target is learned, [C]: the fold's train rows give it. Ones for classes. Targets beyond it
            are not learned.
        device: Where the batches live.
        weight: Of every row of the panel; ``None``: all weigh the same.
        held_bars: For so many bars a position is held; ``None``: H.
    """

    def __init__(
        self,
        panel: Panel,
        unit: Float[np.ndarray, " C"],
        device: str = "cpu",
        weight: Float[np.ndarray, " R"] | None = None,
        held_bars: int | None = None,
    ) -> None:
        self.panel, self._device, self._held_bars = panel, device, held_bars
        self.unit = self._there(unit.astype("f4"))
        target = self._there(panel.target[:, : len(unit)])
        self.target = target if bool((unit == 1).all()) else target / self.unit
        self.weight = None if weight is None else self._there(weight.astype("f4"))

    @cached_property
    def forward_return(self) -> Float[Tensor, "R H"]:
        """Simple return of each of the asset's next H bars, or of as many as a position is held. Label only."""
        return self._there(np.ascontiguousarray(self.panel.forward_return[:, : self._held_bars]))

    @cached_property
    def volatility(self) -> Float[Tensor, " R"]:
        """``trailing_volatility`` of every row."""
        return self._there(trailing_volatility(self.panel))

    @cached_property
    def bar(self) -> Int[Tensor, " R"]:
        """Place of every row on the common calendar."""
        return self._there(self.panel.bar)

    @cached_property
    def asset(self) -> Int[Tensor, " R"]:
        """Number of every row's asset."""
        return self._there(self.panel.asset)

    def _there(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self._device)


class Batch:
    """Outputs of a network, and what is known of the rows that they are about.

    Only what a loss reads is gathered.

    Args:
        output: [B, O], in the meaning of the loss's head.
        rows: Of the panel.
        targets: Of all rows.

    Attributes:
        output: [B, O].
        unit: Of each target, [C]; ``target * unit`` is the target as it stands in the panel.
    """

    def __init__(self, output: Float[Tensor, "B O"], rows: Int[Tensor, " B"], targets: PanelTensors) -> None:
        self.output, self.unit = output, targets.unit
        self._rows, self._targets = rows, targets

    @cached_property
    def target(self) -> Float[Tensor, "B C"]:
        """What was observed, in units of ``unit``: 0 or 1 for a class."""
        return self._targets.target.index_select(0, self._rows)

    @cached_property
    def forward_return(self) -> Float[Tensor, "B H"]:
        """Simple return of each of the asset's next H bars."""
        return self._targets.forward_return.index_select(0, self._rows)

    @cached_property
    def volatility(self) -> Float[Tensor, " B"]:
        """``trailing_volatility``: of returns that are known at the row."""
        return self._targets.volatility.index_select(0, self._rows)

    @cached_property
    def weight(self) -> Float[Tensor, " B"] | None:
        """How much each row counts; ``None``: all count the same."""
        return None if self._targets.weight is None else self._targets.weight.index_select(0, self._rows)

    @cached_property
    def bar(self) -> Int[Tensor, " B"]:
        """Place of each row on the common calendar."""
        return self._targets.bar.index_select(0, self._rows)

    @cached_property
    def asset(self) -> Int[Tensor, " B"]:
        """Number of each row's asset."""
        return self._targets.asset.index_select(0, self._rows)

    def column(self, place: int) -> "Batch":
        """Return the same rows with one output and one target: what a loss sees that learns a part of a forecast."""
        part = Batch(self.output[:, place : place + 1], self._rows, self._targets)
        part.unit, part.target = self.unit[place : place + 1], self.target[:, place : place + 1]
        return part

    def mean(self, values: Float[Tensor, " B"] | Float[Tensor, "B C"]) -> Float[Tensor, ""]:
        """Return the mean of what the rows cost, each counted with its weight."""
        if self.weight is None:
            return values.mean()
        weight = self.weight if values.ndim == 1 else self.weight[:, None].expand_as(values)
        return (weight * values).sum() / weight.sum()
