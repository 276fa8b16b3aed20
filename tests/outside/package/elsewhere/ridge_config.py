"""The penalty of a linear model, and that many are evaluated at once."""

from typing import Any, ClassVar

from pydantic import Field

from trading_hpo.configuration import Config
from trading_hpo.families.registry import ModelType


class RidgeConfig(Config):
    """How far weights are shrunk."""

    search_space: ClassVar[dict[str, Any]] = {"penalty": {"type": "float", "low": 1e-4, "high": 10.0, "log": True}}

    penalty: float = Field(default=0.1, gt=0)


MODEL_TYPE = ModelType(f"{__package__}.ridge:RIDGES", RidgeConfig, has_epochs=False, candidates_per_batch=4)
