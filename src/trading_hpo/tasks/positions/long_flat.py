"""Holds what is called up, and nothing else."""

import numpy as np
from jaxtyping import Float

from trading_hpo.tasks.positions.rule import PositionRule
from trading_hpo.tasks.task import Decision, Forecast


def _position(forecast: Forecast, decision: Decision, state: Float[np.ndarray, " R"]) -> Float[np.ndarray, " R"]:
    del state
    return np.where(decision.calls(forecast), 1.0, 0.0)


LONG_FLAT = PositionRule(_position)
