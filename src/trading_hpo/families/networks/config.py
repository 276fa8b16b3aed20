"""What the model types of this family share: their declaration and their parameters, free of torch."""

from pydantic import Field

from trading_hpo.configuration import Config
from trading_hpo.families.registry import ModelType
from trading_hpo.training.choices import CHOICES
from trading_hpo.training.config import Hyperparameters


class NetworkConfig(Config):
    """What every network has."""

    dropout_rate: float = Field(default=0.2, ge=0, lt=1)
    asset_embedding_dim: int = Field(default=8, ge=1, le=1024)


def network_type(config: type[NetworkConfig], network: str) -> ModelType:
    """Declare a network as a model type.

    Args:
        config: Its sizes.
        network: ``module:class``; the class is called with the config, F, L, A and the number of outputs.
    """
    return ModelType(
        "trading_hpo.families.networks.family:NETWORKS",
        config,
        network,
        common=(Hyperparameters, NetworkConfig),
        choices=CHOICES,
        preload=("torch._dynamo",),  # 3 s and 100 MB, which torch's optimizers ask for when they are first used
    )
