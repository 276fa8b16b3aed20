"""Whether the price rises by so much before it falls by so much."""

from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from pydantic import Field, field_validator

from trading_hpo.market.trailing_volatility import volatility_of
from trading_hpo.tasks.class_task import ClassTask
from trading_hpo.tasks.touch import LOWER, UPPER, first_touch, prices_of
from trading_hpo.tasks.uniqueness import uniqueness
from trading_hpo.types import Panel


class TripleBarrier(ClassTask):
    """1 where the upper barrier is touched first, 0 where the lower is; else whether the H-th close is higher.

    The barriers lie so many times the trailing volatility (per bar, known at the row) above and below the row's close.
    A bar touches with its high and its low, and one that touches both counts as touching the lower (``first_touch``).
    The label ends at the bar that touches; each counts by how little of it overlaps others (``uniqueness``).

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 3.3 to 3.5. There closes alone touch, and the
    class at the vertical barrier is the sign of the return or 0; here there are two classes.

    Example:
        >>> close = 100 * 1.01 ** np.r_[np.arange(21), 19, 18, 17, 19, 20, 21, 22, 23]
        >>> TripleBarrier(horizon_bars=3).build(pd.DataFrame({"close": close})).ravel()[20:].tolist()
        [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, nan, nan, nan]
    """

    name: ClassVar[str] = "triple_barrier"
    positions: ClassVar[str | None] = "hold_to_touch"
    has_barriers: ClassVar[bool] = True

    horizon_bars: int = Field(
        default=10, ge=1, le=1000, strict=True, description="1 stands for 10: within one bar there is no path"
    )
    barrier_up: float = Field(default=2.0, gt=0, le=100, description="above the close, in trailing volatilities")
    barrier_down: float = Field(default=2.0, gt=0, le=100, description="below the close, in trailing volatilities")

    @field_validator("horizon_bars")
    @classmethod
    def _of_several_bars(cls, horizon_bars: int) -> int:
        return horizon_bars if horizon_bars > 1 else 10

    def build(self, bars: pd.DataFrame) -> Float[np.ndarray, "T 1"]:
        """**Looks ahead:** label only, to the bar that touches, or the bar H bars on."""
        _, side = self._touch(bars)
        close = bars["close"].to_numpy("f8")
        ahead = pd.Series(close).shift(-self.horizon_bars).to_numpy()
        target = np.where(side == UPPER, 1.0, np.where(side == LOWER, 0.0, ahead > close))
        unknown = np.isnan(self.barriers(bars)).any(axis=1) | np.isnan(ahead)
        return np.where(unknown, np.nan, target)[:, None]

    def label_ends(self, bars: pd.DataFrame) -> Int[np.ndarray, " T"]:
        """Return the bar that touches; H bars on where none does.

        **Looks ahead:** label only.
        """
        return np.arange(len(bars)) + self._touch(bars)[0]

    def barriers(self, bars: pd.DataFrame) -> Float[np.ndarray, "T 2"]:
        """**Looks ahead:** never; close and volatility are those of the bar itself."""
        close = bars["close"].to_numpy("f8")
        moved = volatility_of(close)
        return np.column_stack([close * (1 + self.barrier_up * moved), close * (1 - self.barrier_down * moved)])

    def weights(self, panel: Panel, rows: Int[np.ndarray, " N"]) -> Float[np.ndarray, " N"] | None:
        """**Looks ahead:** label only, of the rows that it is given."""
        return uniqueness(panel, rows)

    def _touch(self, bars: pd.DataFrame) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " T"]]:
        return first_touch(prices_of(bars), self.barriers(bars), self.horizon_bars)
