"""Scales exposure by volatility: full where calm is predicted, half where a volatile market is."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from trading_hpo.tasks.positions.rule import KnownRows, PositionRule
from trading_hpo.tasks.task import Decision, Forecast


class HalfWhenVolatile(PositionRule):
    """0.5 where the positive class is called, which is a volatile market, 1 elsewhere.

    Source: Moreira and Muir (2017), Volatility-Managed Portfolios; there the variance itself scales what is held.
    """

    name: Literal["half_when_volatile"] = "half_when_volatile"

    def follow(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Float[np.ndarray, " R"]:
        """Return the position of every row."""
        del known
        return np.where(decision.calls(forecast), 0.5, 1.0)
