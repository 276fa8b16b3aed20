"""Open and close lie between low and high."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from trading_hpo.market.checks.wording import in_words, must_be

_DECIMALS = range(7)
_FLOAT = 1e-6  # relative; prices that were scaled by a factor differ by its rounding


def range_problems(bars: pd.DataFrame) -> Iterator[str]:
    """Say which bars have a high below their low, or an open or close outside of them by more than rounding.

    Rounding is one step of the last decimal that an asset's prices have.

    Args:
        bars: Sorted by asset and time, numbers as float64.
    """
    if {"high", "low"} <= set(bars):
        below = bars["high"] < bars["low"]
        if below.any():
            first = bars[below].iloc[0]
            yield must_be(bars[below], "high", f"at or above low ({first['low']})", first["high"])
            return
    prices = [name for name in ("open", "high", "low", "close") if name in bars]
    bars = bars[((bars[prices] > 0) & np.isfinite(bars[prices])).all(axis=1)]  # others have problems of their own
    outside_by = np.zeros(len(bars))
    for name in (name for name in ("open", "close") if name in bars):
        if "high" in bars:
            outside_by = np.maximum(outside_by, (bars[name] - bars["high"]).to_numpy())
        if "low" in bars:
            outside_by = np.maximum(outside_by, (bars["low"] - bars[name]).to_numpy())
    outside = outside_by > _rounding(bars, prices)
    if outside.any():
        first = bars[outside].iloc[0]
        shown = ", ".join(f"{name} {first[name]:.6g}" for name in prices)
        yield (
            f"open and close must be between low and high, got {shown} in {in_words(bars[outside])}. If closes are "
            "adjusted and the other prices are not, name the unadjusted close in columns.close and set adjusted: "
            "true. Otherwise correct or remove those bars."
        )


def _rounding(bars: pd.DataFrame, prices: list[str]) -> np.ndarray:
    """What two prices of a bar may differ by, as rounded as the roundest of them is."""
    steps = bars["asset"].map(
        {asset: max(_last_decimal(own[name].to_numpy()) for name in prices) for asset, own in bars.groupby("asset")}
    )
    return (1.01 * steps + _FLOAT * bars["close"]).to_numpy()


def _last_decimal(prices: np.ndarray) -> float:
    """0.01 for prices in cents; 0 for those that are not rounded."""
    for decimals in _DECIMALS:
        scaled = prices * 10.0**decimals
        if np.abs(scaled - np.round(scaled)).max() < 1e-6 * max(1.0, np.abs(scaled).max() * 1e-6):
            return float(10.0**-decimals)
    return 0.0
