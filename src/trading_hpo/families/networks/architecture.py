"""What rebuilds a network without its weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.registry import imported


@dataclass(frozen=True)
class Architecture:
    """Everything that rebuilds a network without its weights.

    Attributes:
        model_type: Name in the registry.
        config: Fields of the model type's config class.
        n_features: F.
        window_bars: L.
        n_assets: A.
        n_outputs: Of the loss's head.
    """

    model_type: str
    config: Mapping[str, Any]
    n_features: int
    window_bars: int
    n_assets: int
    n_outputs: int = 1

    def build(self) -> nn.Module:
        """Return a freshly initialised network."""
        declared = MODEL_TYPES[self.model_type]
        network: nn.Module = imported(declared.model)(
            declared.config(**self.config), self.n_features, self.window_bars, self.n_assets, self.n_outputs
        )
        return network


def size_mb(network: nn.Module) -> float:
    """Return the memory of parameters and buffers in MB of 1024 squared bytes."""
    tensors = [*network.parameters(), *network.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors) / 1024**2
