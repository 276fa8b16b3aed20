"""Which of two barriers the price touches first."""

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

UPPER, LOWER, NEITHER = 1, -1, 0


def prices_of(bars: pd.DataFrame) -> Float[np.ndarray, "T 3"]:
    """Return high, low and close of every bar; the close stands for what the source lacks.

    Example:
        >>> prices_of(pd.DataFrame({"low": [0.9], "close": [1.0]})).tolist()
        [[1.0, 0.9, 1.0]]
    """
    return np.column_stack([bars[name if name in bars else "close"] for name in ("high", "low", "close")]).astype("f8")


def first_touch(
    prices: Float[np.ndarray, "T 3"], barriers: Float[np.ndarray, "T 2"], horizon_bars: int
) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " T"]]:
    """Return after how many bars a barrier is touched, and which.

    A bar touches the upper barrier with its high and the lower with its low. Where it touches both, nothing says which
    came first: it counts as the lower, the worse one for whoever is long.

    **Looks ahead:** to the touch, H bars at most; where it is, depends on no later bar.

    Args:
        prices: High, low and close of consecutive bars of one asset.
        barriers: Upper and lower price, as they hold for the bars after each one; one that is NaN is never touched.
        horizon_bars: H.

    Returns:
        Bars to the touch, H where there is none; ``UPPER``, ``LOWER`` or ``NEITHER``, which is also what can be said of
        a row whose touch lies after the last bar.

    Example:
        >>> prices = np.array([[1.0, 1.0, 1.0], [1.1, 0.9, 1.0], [1.3, 1.0, 1.2]])
        >>> first_touch(prices, np.tile([1.25, 0.5], (3, 1)), 5)
        (array([2, 1, 5]), array([1, 1, 0]))
    """
    steps, side = np.full(len(prices), horizon_bars), np.full(len(prices), NEITHER)
    for ahead in range(min(horizon_bars, len(prices) - 1), 0, -1):  # the nearest last: it is the one that stays
        (high, low), (upper, lower) = prices[ahead:, :2].T, barriers[:-ahead].T
        down = low <= lower
        touched = np.flatnonzero(down | (high >= upper))
        steps[touched], side[touched] = ahead, np.where(down[touched], LOWER, UPPER)
    return steps, side
