"""Trades the forecast as it stands, without a threshold."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from trading_hpo.tasks.positions.rule import KnownRows, PositionRule
from trading_hpo.tasks.task import Decision, Forecast


class AsForecast(PositionRule):
    """The position that the loss has learned; else long where a rise is predicted, short where a fall is.

    A rise is a probability above a half, or a value above 0; the decision is not asked. How much is held of what is
    predicted with more or less certainty is up to ``proportional``.

    Source: Lim, Zohren and Roberts (2019), Enhancing Time-Series Momentum Strategies Using Deep Neural Networks.
    """

    name: Literal["as_forecast"] = "as_forecast"

    def follow(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Float[np.ndarray, " R"]:
        """Return the position of every row."""
        del decision, known
        if forecast.position is not None:
            return forecast.position.astype(np.float64)
        if forecast.probability is not None:
            return np.sign(forecast.probability - 0.5)
        return np.sign(forecast.score)
