"""The sizes of a multilayer perceptron."""

from pydantic import Field

from trading_hpo.families.networks.config import NetworkConfig, network_type


class MLPConfig(NetworkConfig):
    """Layers beyond the second are as wide as the second."""

    hidden_layers: int = Field(default=2, ge=1, le=16)
    hidden_dim_1: int = Field(default=128, ge=1, le=8192)
    hidden_dim_2: int = Field(default=64, ge=1, le=8192)


MODEL_TYPE = network_type(MLPConfig, f"{__package__}.network:MLP")
