"""Holds what is called up, and nothing else."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from trading_hpo.tasks.positions.rule import KnownRows, PositionRule
from trading_hpo.tasks.task import Decision, Forecast


class LongFlat(PositionRule):
    """1 where the positive class is called, 0 elsewhere.

    Source: Breen, Glosten and Jagannathan (1989), Economic Significance of Predictable Variations in Stock Index
    Returns.
    """

    name: Literal["long_flat"] = "long_flat"

    def follow(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Float[np.ndarray, " R"]:
        """Return the position of every row."""
        del known
        return np.where(decision.calls(forecast), 1.0, 0.0)
