"""Bars up to a moment as they were, and others after it."""

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

_TIMES = 1.5  # the moves after the cut, beside their order
_NOISE = 0.1  # of their spread: bars that stood still must move, and none may repeat the one before
_LEAST_SPREAD = 1e-3
_PRICES = ("open", "high", "low")


def other_future(bars: pd.DataFrame, cut: pd.Timestamp, seed: int) -> pd.DataFrame:
    """Return bars whose returns after the cut are shuffled, scaled and moved a little, asset by asset.

    A bar's prices keep their distance from its close, and its volume goes with it, scaled.

    Args:
        bars: Clean, asset after asset and in time order.
        cut: Bars with this timestamp, and all before them, stay as they are to the last bit.
        seed: Of the order and the noise.

    Example:
        >>> days = pd.date_range("2020-01-01", periods=4, tz="UTC")
        >>> bars = pd.DataFrame({"timestamp": days, "asset": "A", "close": [1.0, 2.0, 3.0, 4.0]})
        >>> (other_future(bars, days[1], 0)["close"] == bars["close"]).tolist()
        [True, True, False, False]
    """
    random = np.random.default_rng(seed)
    parts = [_of_one_asset(own, cut, random) for _, own in bars.groupby("asset", sort=False)]
    return pd.concat(parts, ignore_index=True)


def _of_one_asset(own: pd.DataFrame, cut: pd.Timestamp, random: np.random.Generator) -> pd.DataFrame:
    later = np.flatnonzero((own["timestamp"] > cut).to_numpy())
    if not len(later):
        return own
    close = own["close"].to_numpy()
    moves = np.diff(np.log(close), prepend=np.log(close[0]))[later]
    order = random.permutation(len(later))
    noise = random.normal(0, _NOISE * max(moves.std(), _LEAST_SPREAD), len(later))
    last_known = close[max(later[0] - 1, 0)]
    closes = last_known * np.exp(np.cumsum(_TIMES * moves[order] + noise))
    changed = {"close": closes}
    for name in (name for name in _PRICES if name in own):
        changed[name] = closes * (own[name].to_numpy() / close)[later][order]
    if "volume" in own:
        changed["volume"] = _TIMES * own["volume"].to_numpy()[later][order]
    return own.assign(**{name: _with(own[name].to_numpy(), later, values) for name, values in changed.items()})


def _with(
    column: Float[np.ndarray, " T"], later: Int[np.ndarray, " N"], values: Float[np.ndarray, " N"]
) -> Float[np.ndarray, " T"]:
    whole = column.copy()
    whole[later] = values
    return whole
