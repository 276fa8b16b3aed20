"""Whether the next H bars are livelier than usual."""

from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float
from pydantic import Field, field_validator

from trading_hpo.tasks.class_task import ClassTask


class Volatility(ClassTask):
    """1 where the realised volatility of the next H bars exceeds the trailing median of the same measure.

    Source: Andersen, Bollerslev, Diebold and Labys (2003), Modeling and Forecasting Realized Volatility, for the
    measure: the root of the sum of squared returns.
    """

    name: ClassVar[str] = "volatility"
    positions: ClassVar[str | None] = "half_when_volatile"

    horizon_bars: int = Field(default=5, ge=1, le=1000, strict=True, description="1 stands for 5: one bar has none")
    median_bars: int = Field(default=252, ge=2, strict=True, description="trailing window of the median")

    @field_validator("horizon_bars")
    @classmethod
    def _of_several_bars(cls, horizon_bars: int) -> int:
        return horizon_bars if horizon_bars > 1 else 5

    def build(self, bars: pd.DataFrame) -> Float[np.ndarray, "T 1"]:
        """**Looks ahead:** label only, to the bar H bars on; the median reads no bar after the row itself."""
        squared = pd.Series(np.log(bars["close"].to_numpy())).diff() ** 2
        realised = squared.rolling(self.horizon_bars).sum() ** 0.5
        usual = realised.rolling(self.median_bars).median()
        ahead = realised.shift(-self.horizon_bars)
        volatile = (ahead > usual).astype("float64").where(ahead.notna() & usual.notna())
        return volatile.to_numpy()[:, None]
