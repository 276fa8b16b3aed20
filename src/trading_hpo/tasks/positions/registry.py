"""Position rule by name."""

from typing import Annotated

from trading_hpo.configuration import OneOf
from trading_hpo.registry import Registry
from trading_hpo.tasks.positions.as_forecast import AsForecast
from trading_hpo.tasks.positions.half_when_volatile import HalfWhenVolatile
from trading_hpo.tasks.positions.hold_to_touch import HoldToTouch
from trading_hpo.tasks.positions.long_flat import LongFlat
from trading_hpo.tasks.positions.long_short import LongShort
from trading_hpo.tasks.positions.proportional import Proportional
from trading_hpo.tasks.positions.rule import PositionRule
from trading_hpo.tasks.positions.volatility_scaled import VolatilityScaled

POSITIONS: Registry[type[PositionRule]] = Registry(
    "position rule",
    {
        "long_flat": LongFlat,
        "long_short": LongShort,
        "proportional": Proportional,
        "volatility_scaled": VolatilityScaled,
        "as_forecast": AsForecast,
        "half_when_volatile": HalfWhenVolatile,
        "hold_to_touch": HoldToTouch,
    },
)

Positions = Annotated[PositionRule, OneOf(POSITIONS)]
CHOSEN_BY = "positions"  # the parameter of a search space that names a rule


def parameters_of_rule(name: str) -> list[str]:
    """Return the names of a rule's options.

    Example:
        >>> parameters_of_rule("long_flat"), parameters_of_rule("volatility_scaled")
        ([], ['target_volatility', 'scaled_short'])
    """
    return [option for option in POSITIONS[name].model_fields if option != "name"]
