"""Whether the price rises over the next H bars."""

from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float
from pydantic import Field

from trading_hpo.tasks.class_task import ClassTask


class Direction(ClassTask):
    """1 where the return over the next H bars exceeds the threshold.

    Source: Christoffersen and Diebold (2006), Financial Asset Returns, Direction-of-Change Forecasting, and Volatility
    Dynamics.

    Example:
        >>> Direction().build(pd.DataFrame({"close": [1.0, 2.0, 1.0]})).ravel().tolist()
        [1.0, 0.0, nan]
    """

    name: ClassVar[str] = "direction"

    threshold: float = Field(default=0.0, description="the forward return must exceed it")

    def build(self, bars: pd.DataFrame) -> Float[np.ndarray, "T 1"]:
        """**Looks ahead:** label only, to the bar H bars on."""
        forward = bars["close"].shift(-self.horizon_bars) / bars["close"] - 1
        return (forward > self.threshold).astype("float64").where(forward.notna()).to_numpy()[:, None]
