"""The return over the next H bars."""

from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float

from trading_hpo.tasks.number_task import NumberTask


class ForwardReturn(NumberTask):
    """The simple return over the next H bars.

    Source: Gu, Kelly and Xiu (2020), Empirical Asset Pricing via Machine Learning.

    Example:
        >>> ForwardReturn().build(pd.DataFrame({"close": [1.0, 2.0, 1.0]})).ravel().tolist()
        [1.0, -0.5, nan]
    """

    name: ClassVar[str] = "forward_return"

    @property
    def returns(self) -> slice:
        """The one target."""
        return slice(0, 1)

    def build(self, bars: pd.DataFrame) -> Float[np.ndarray, "T 1"]:
        """**Looks ahead:** label only, to the bar H bars on."""
        return (bars["close"].shift(-self.horizon_bars) / bars["close"] - 1).to_numpy()[:, None]
