"""The sizes of a network with an arm for each output."""

from typing import Any, ClassVar

from pydantic import Field

from trading_hpo.families.networks.config import NetworkConfig, network_type


class ForkConfig(NetworkConfig):
    """A trunk, and an arm for each output."""

    search_space: ClassVar[dict[str, Any]] = {"trunk_dim": {"type": "int", "low": 4, "high": 16}}

    trunk_dim: int = Field(default=8, ge=1, le=1024)


MODEL_TYPE = network_type(ForkConfig, f"{__package__}.fork:Fork")
