"""A position rule that remembers what it holds."""

import numpy as np
from jaxtyping import Float

from trading_hpo.tasks.positions.rule import PositionRule
from trading_hpo.tasks.task import Decision, Forecast


def _position(forecast: Forecast, decision: Decision, state: Float[np.ndarray, " R"]) -> Float[np.ndarray, " R"]:
    """Go half of the way to what is called now."""
    return (state + np.where(decision.calls(forecast), 1.0, -1.0)) / 2


PATIENT_LONG_SHORT = PositionRule(_position, uses_state=True)
