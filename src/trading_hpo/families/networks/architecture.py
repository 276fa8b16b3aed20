"""Model type -> network; its config is in ``configs.CONFIGS``, its name in ``types.MODEL_TYPES``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from trading_hpo.families.networks.cnn_lstm import CNNLSTM
from trading_hpo.families.networks.configs import CONFIGS
from trading_hpo.families.networks.mlp import MLP
from trading_hpo.families.networks.recurrent import GRU, LSTM

NETWORKS: dict[str, Callable[..., nn.Module]] = {"mlp": MLP, "lstm": LSTM, "gru": GRU, "cnn_lstm": CNNLSTM}


@dataclass(frozen=True)
class Architecture:
    """Everything that rebuilds a network without its weights.

    Attributes:
        model_type: Name in the registry.
        config: Fields of the model type's config class.
        n_features: F.
        window_bars: L.
        n_assets: A.
        n_outputs: Of the head.
    """

    model_type: str
    config: Mapping[str, Any]
    n_features: int
    window_bars: int
    n_assets: int
    n_outputs: int = 1

    def build(self) -> nn.Module:
        """Return a freshly initialised network."""
        config = CONFIGS[self.model_type](**self.config)
        return NETWORKS[self.model_type](config, self.n_features, self.window_bars, self.n_assets, self.n_outputs)


def size_mb(network: nn.Module) -> float:
    """Return the memory of parameters and buffers in MB of 1024 squared bytes."""
    tensors = [*network.parameters(), *network.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors) / 1024**2
