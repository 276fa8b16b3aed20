"""Scales exposure by volatility: full where calm is predicted, half where a volatile market is."""

import numpy as np
from jaxtyping import Float

from trading_hpo.tasks.positions.rule import PositionRule
from trading_hpo.tasks.task import Decision, Forecast


def _position(forecast: Forecast, decision: Decision, state: Float[np.ndarray, " R"]) -> Float[np.ndarray, " R"]:
    del state
    return np.where(decision.calls(forecast), 0.5, 1.0)


HALF_WHEN_VOLATILE = PositionRule(_position)
