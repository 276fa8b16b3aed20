"""Holds what is called up, the less of it, the more it has moved lately."""

from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field

from trading_hpo.tasks.positions.rule import KnownRows, PositionRule, Reads
from trading_hpo.tasks.task import Decision, Forecast


class VolatilityScaled(PositionRule):
    """The call times target volatility over trailing volatility, at most 1.

    Trailing volatility is the root mean square of the asset's last 20 one-bar returns (``trailing_volatility``), known
    at the row. Where none is known yet, almost nothing is held.

    Source: Moskowitz, Ooi and Pedersen (2012), Time Series Momentum, equation 5, without leverage.
    """

    reads: ClassVar[tuple[Reads, ...]] = ("volatility",)

    name: Literal["volatility_scaled"] = "volatility_scaled"
    target_volatility: float = Field(
        default=0.01, gt=0, le=1, description="per bar, from which on the position shrinks: 0.01 is 1 % a bar"
    )
    scaled_short: bool = Field(default=False, description="sell short what is not called up; else hold nothing there")

    def follow(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Float[np.ndarray, " R"]:
        """Return the position of every row."""
        assert known.volatility is not None
        calls = np.where(decision.calls(forecast), 1.0, -1.0 if self.scaled_short else 0.0)
        return calls * np.minimum(self.target_volatility / known.volatility.astype(np.float64), 1.0)
