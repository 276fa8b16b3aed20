"""How far the mean of a return series might be from what was seen, and whether it is above zero."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from trading_hpo.overfitting.resampled_means import check_finite, resampled_means, share_reaching
from trading_hpo.overfitting.stationary_bootstrap import block_length, longest_block, varies

N_DRAWS = 2_000


@dataclass(frozen=True)
class Interval:
    """A mean per bar, with its interval and test.

    Attributes:
        low: Lower end.
        estimate: The mean.
        high: Upper end.
        p_value: Of "the mean is at most 0", one-sided.
    """

    low: float
    estimate: float
    high: float
    p_value: float


def mean_interval(
    returns: Float[np.ndarray, " T"],
    at_least_bars: float = 1.0,
    level: float = 0.95,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> Interval | None:
    """Return the interval of the mean of a series by a stationary bootstrap with an automatic block length.

    For the difference of two strategies give the series of differences: their common moves cancel bar by bar.

    **Looks ahead:** label only, to judge.

    Args:
        returns: Per bar, such as active returns, or those less buy-and-hold's.
        at_least_bars: Shortest mean length of a block, such as the horizon of the labels.
        level: Of the two-sided interval.
        n_draws: D.
        seed: The same numbers give the same draws.

    Returns:
        None for a series that does not vary, or of fewer than five blocks of ``at_least_bars``: it has no interval.

    Raises:
        ValueError: A return is not finite.

    Source: Politis and Romano (1994), The Stationary Bootstrap; the ends as of Davison and Hinkley (1997), Bootstrap
    Methods and their Application, equation 5.6: in standard errors, which are larger than the draws' own.

    Example:
        >>> interval = mean_interval(np.random.default_rng(0).normal(0.2, 1.0, 400))
        >>> interval.low < 0.2 < interval.high, interval.p_value < 0.01
        (True, True)
        >>> mean_interval(np.zeros(400)) is None
        True
    """
    check_finite(returns)
    if at_least_bars > longest_block(len(returns)) or not varies(returns[None])[0]:
        return None
    means = resampled_means(returns[None], block_length(returns, at_least_bars), n_draws, seed)
    estimate, error, drawn = float(means.mean[0]), float(means.error[0]), means.drawn[:, 0]
    below, above = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        low=estimate - float(above) * error,
        estimate=estimate,
        high=estimate - float(below) * error,
        p_value=share_reaching(drawn, float(means.t[0])),
    )
