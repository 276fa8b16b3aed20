"""Holds the more, the surer the forecast is."""

from typing import Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field

from trading_hpo.tasks.positions.rule import KnownRows, PositionRule
from trading_hpo.tasks.task import Decision, Forecast


class Proportional(PositionRule):
    """Twice the probability less 1; of a number the score, which is in units of its spread over the train rows.

    The decision is not asked: a probability of a half, or a predicted number of 0, holds nothing.

    Source: Kelly (1956), A New Interpretation of Information Rate: the stake of a bet at even odds.

    Example:
        >>> forecast = Forecast(np.zeros(3), probability=np.array([0.4, 0.5, 0.75]))
        >>> known = KnownRows(*np.zeros((3, 3), dtype=int))
        >>> Proportional(proportional_short=True).follow(forecast, Decision(0.0), known).round(1).tolist()
        [-0.2, 0.0, 0.5]
    """

    name: Literal["proportional"] = "proportional"
    proportional_full: float = Field(
        default=1.0, gt=0, le=100, description="2p - 1, or the score of a number, from which on the position is full"
    )
    proportional_short: bool = Field(default=False, description="sell short what is below 0; else hold nothing there")

    def follow(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Float[np.ndarray, " R"]:
        """Return the position of every row."""
        del decision, known
        strength = forecast.score if forecast.probability is None else 2 * forecast.probability - 1
        positions: Float[np.ndarray, " R"] = strength.astype(np.float64) / self.proportional_full
        return positions.clip(-1.0 if self.proportional_short else 0.0, 1.0)
