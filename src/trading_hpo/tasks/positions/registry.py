"""Position rule by name."""

from trading_hpo.registry import Registry
from trading_hpo.tasks.positions.half_when_volatile import HALF_WHEN_VOLATILE
from trading_hpo.tasks.positions.long_flat import LONG_FLAT
from trading_hpo.tasks.positions.long_short import LONG_SHORT
from trading_hpo.tasks.positions.rule import PositionRule

POSITIONS: Registry[PositionRule] = Registry(
    "position rule",
    {
        "long_flat": LONG_FLAT,
        "long_short": LONG_SHORT,
        "half_when_volatile": HALF_WHEN_VOLATILE,
    },
)
