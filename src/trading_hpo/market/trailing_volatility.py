"""How much each asset has moved lately: what is known of it at every row."""

import numpy as np
from jaxtyping import Float

from trading_hpo.types import Panel

VOLATILITY_BARS = 20
LEAST_VOLATILITY = 1e-4  # one basis point a bar: a loss may divide by it


def trailing_volatility(panel: Panel) -> Float[np.ndarray, " R"]:
    """Return how much each asset has moved per own bar: root mean square of its last one-bar returns.

    **Looks ahead:** never; the last return is the one that ends with the row's own bar.

    Args:
        panel: Its one-bar returns, which every row has that its asset has a later one of.

    Returns:
        Over the last ``VOLATILITY_BARS`` bars, or over those that there are; at least ``LEAST_VOLATILITY``. 1, which
        is huge, where no return is known yet. Where all are known, another start of history changes no bit.
    """
    asset, place = panel.asset, panel.place
    known = np.zeros((panel.n_assets, place.max(initial=0) + 1))  # own bars, the first ones first
    squared = np.zeros_like(known)
    before = np.append(asset[1:], -1) == asset
    known[asset[before], place[before] + 1] = 1
    squared[asset[before], place[before] + 1] = panel.forward_return[before, 0].astype("f8") ** 2
    count, total = _trailing_sum(known), _trailing_sum(squared)
    mean = np.divide(total, count, out=np.ones_like(total), where=count > 0)
    volatility: Float[np.ndarray, "A T"] = np.maximum(np.sqrt(mean), LEAST_VOLATILITY).astype("f4")
    return volatility[asset, place]


def volatility_of(close: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
    """Return the same of one asset's closes, in full precision, NaN until ``VOLATILITY_BARS`` returns are known.

    It depends on the last closes alone, to the last bit: another start of history changes nothing.

    **Looks ahead:** never.

    Example:
        >>> volatility_of(100 * 1.01 ** np.arange(22)).round(4).tolist()[-3:]
        [nan, 0.01, 0.01]
    """
    volatility = np.full(len(close), np.nan)
    if len(close) > VOLATILITY_BARS:
        squared = np.lib.stride_tricks.sliding_window_view((close[1:] / close[:-1] - 1) ** 2, VOLATILITY_BARS)
        volatility[VOLATILITY_BARS:] = np.maximum(np.sqrt(squared.mean(axis=1)), LEAST_VOLATILITY)
    return volatility


def _trailing_sum(values: Float[np.ndarray, "A T"]) -> Float[np.ndarray, "A T"]:
    """Return the sum of the last values, of these alone to the last bit; before the first ones there are zeros."""
    padded = np.pad(values, ((0, 0), (VOLATILITY_BARS - 1, 0)))
    sums: Float[np.ndarray, "A T"] = np.lib.stride_tricks.sliding_window_view(padded, VOLATILITY_BARS, axis=1).sum(-1)
    return sums
