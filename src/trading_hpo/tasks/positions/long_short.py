"""Holds what is called up, and sells short what is not."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from trading_hpo.tasks.positions.rule import KnownRows, PositionRule
from trading_hpo.tasks.task import Decision, Forecast


class LongShort(PositionRule):
    """1 where the positive class is called, -1 elsewhere.

    Source: Moskowitz, Ooi and Pedersen (2012), Time Series Momentum: the sign in their equation 5.
    """

    name: Literal["long_short"] = "long_short"

    def follow(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Float[np.ndarray, " R"]:
        """Return the position of every row."""
        del known
        return np.where(decision.calls(forecast), 1.0, -1.0)
