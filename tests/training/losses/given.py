"""Rows with targets, weights and returns of a test's own, as a loss sees them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from trading_hpo.training.batch import Batch


@dataclass
class GivenRows:
    """Stands for ``PanelTensors``: one asset, a bar a row."""

    output: Tensor
    target: Tensor
    weight: Tensor | None = None
    forward_return: Tensor | None = None
    volatility: Tensor | None = None
    n_bars: int = 10**6

    @property
    def unit(self) -> Tensor:
        return torch.ones(self.target.shape[1])

    def batch(self) -> Batch:
        return Batch(self.output, torch.arange(len(self.output)), self)  # type: ignore[arg-type]
