"""Predictions -> how much of each asset is held."""

import numpy as np
from jaxtyping import Bool, Float

from trading_hpo.backtest.config import BacktestConfig


def signal_weights(
    up: Bool[np.ndarray, "T A"],
    known: Bool[np.ndarray, "T A"],
    config: BacktestConfig,
    horizon_bars: int,
    label_kind: str,
) -> Float[np.ndarray, "T A"]:
    """Return the weight of each asset from the close of each bar, assets sharing the capital equally.

    Direction holds the assets that are called up (and sells those called down when ``long_short``).
    Volatility scales exposure: full where calm is foretold, half where a lively market is.
    A forecast over H bars is held for H bars: a bar's weight is the mean of the last H calls
    (Jegadeesh and Titman, 1993), which with H = 1 is the call itself.

    **Looks ahead:** never; bar t uses calls made at bars t - H + 1 to t.

    Args:
        up: The positive class is called.
        known: There is a call; without one nothing is held.
        config: Long only, or both sides.
        horizon_bars: H.
        label_kind: Of the labels; ``volatility`` is the one that scales.
    """
    if label_kind == "volatility":
        held = np.where(up, 0.5, 1.0)
    else:
        held = np.where(up, 1.0, -1.0 if config.positions == "long_short" else 0.0)
    held = np.where(known, held, 0.0)
    sums = np.cumsum(held, axis=0)
    sums[horizon_bars:] -= sums[:-horizon_bars].copy()
    calls = np.cumsum(known, axis=0).astype(float)
    calls[horizon_bars:] -= calls[:-horizon_bars].copy()
    mean_call = np.divide(sums, calls, out=np.zeros_like(sums), where=calls > 0)
    share = 1.0 / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return np.where(known, mean_call, 0.0) * share
