"""A task with two targets."""

from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float

from trading_hpo.tasks.number_task import NumberTask


class ReturnAndRange(NumberTask):
    """The return over the next H bars, and how far the price moves within them, as a share of the close."""

    name: ClassVar[str] = "return_and_range"
    n_targets: ClassVar[int] = 2

    def build(self, bars: pd.DataFrame) -> Float[np.ndarray, "T 2"]:
        """**Looks ahead:** label only, to the bar H bars on."""
        horizon, close = self.horizon_bars, bars["close"]
        highest = bars["high"].rolling(horizon).max().shift(-horizon)
        lowest = bars["low"].rolling(horizon).min().shift(-horizon)
        return np.column_stack([close.shift(-horizon) / close - 1, (highest - lowest) / close])
