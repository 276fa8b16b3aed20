"""How predictions are traded."""

from typing import Literal

from pydantic import Field

from trading_hpo.configuration import Config


class BacktestConfig(Config):
    """How predictions are traded."""

    cost_bps: float = Field(default=5.0, ge=0, description="of the traded value, both ways, in basis points")
    positions: Literal["long_flat", "long_short"] = Field(
        default="long_flat", description="direction and forward return: what to hold on a falling forecast"
    )
    regression_weight: float = Field(
        default=0.3, ge=0, le=1, description="of closeness in composite_accuracy; the rest is accuracy's"
    )
