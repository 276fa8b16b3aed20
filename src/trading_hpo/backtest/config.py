"""How positions are traded, and which are taken."""

from pydantic import Field

from trading_hpo.configuration import Config
from trading_hpo.tasks.positions.registry import Positions


class BacktestConfig(Config):
    """How forecasts are traded."""

    cost_bps: float = Field(default=5.0, ge=0, description="of the traded value, both ways, in basis points")
    positions: Positions = Field(
        default="long_flat", validate_default=True, description="position rule of tasks that do not bring their own"
    )
    regression_weight: float = Field(
        default=0.3, ge=0, le=1, description="of closeness in composite_accuracy; the rest is accuracy's"
    )
