"""Whether the best of many strategies beats a benchmark by more than luck: the tests of White and of Hansen."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from trading_hpo.overfitting.resampled_means import deviations, share_reaching
from trading_hpo.overfitting.stationary_bootstrap import varies


@dataclass(frozen=True)
class Superior:
    """The p-values of Hansen's test, of "no strategy beats the benchmark"; they differ in what poor strategies weigh.

    Attributes:
        lower: Every strategy below the benchmark is taken to be as bad as it looks: a lower bound.
        consistent: Only those that are surely below it are. The one to read.
        upper: All are taken to be as good as the benchmark: an upper bound, which grows with every poor strategy.
    """

    lower: float
    consistent: float
    upper: float


def reality_check(active: Float[np.ndarray, "N T"], mean_length: float, n_draws: int = 1_000, seed: int = 0) -> float:
    """Return the p-value of "no strategy has a mean above zero" for the best mean of all.

    Means are compared as they are: one volatile strategy, however poor, makes all others look like luck. Hansen's test
    mends that.

    **Looks ahead:** label only, to judge.

    Args:
        active: Returns above the benchmark's, of each strategy.
        mean_length: Of the blocks, in bars, as ``block_length`` finds it.
        n_draws: D.
        seed: The same numbers give the same draws.

    Raises:
        ValueError: A return is not finite, or blocks are too long for the bars.

    Source: White (2000), A Reality Check for Data Snooping, equations 2.1 and 2.2.

    Example:
        >>> active = np.random.default_rng(0).normal(0.0, 0.01, (20, 500))
        >>> reality_check(active, 2.0) > 0.1
        True
        >>> active[3] += 0.003
        >>> reality_check(active, 2.0) < 0.01
        True
    """
    best = deviations(active, mean_length, n_draws, seed).max(axis=1)
    return share_reaching(best, float(active.mean(axis=1).max()))


def superior_predictive_ability(
    active: Float[np.ndarray, "N T"], mean_length: float, n_draws: int = 1_000, seed: int = 0
) -> Superior:
    """Return the p-values of "no strategy has a mean above zero" for the best mean in standard errors.

    **Looks ahead:** label only, to judge.

    Args:
        active: Returns above the benchmark's, of each strategy.
        mean_length: Of the blocks, in bars, as ``block_length`` finds it.
        n_draws: D.
        seed: The same numbers give the same draws.

    Returns:
        Ones where no mean is above zero. A strategy that never differs from the benchmark counts for nothing.

    Raises:
        ValueError: A return is not finite, or blocks are too long for the bars.

    Source: Hansen (2005), A Test for Superior Predictive Ability, sections 2 and 3.

    Example:
        >>> active = np.random.default_rng(0).normal(0.0, 0.01, (20, 500))
        >>> active[3] += 0.003
        >>> found = superior_predictive_ability(active, 2.0)
        >>> found.lower <= found.consistent <= found.upper < 0.01
        True
    """
    drawn = deviations(active, mean_length, n_draws, seed)
    ours = varies(active)
    if not ours.any():
        return Superior(1.0, 1.0, 1.0)
    error = standard_error(active[ours], mean_length)
    t, drawn = active[ours].mean(axis=1) / error, drawn[:, ours] / error
    surely_below = t < -np.sqrt(2 * np.log(np.log(max(active.shape[1], 3))))
    observed = float(t.max())

    def p_value(kept: Float[np.ndarray, " N"]) -> float:
        """Of strategies that are taken to be below the benchmark by ``kept`` standard errors."""
        return share_reaching(np.maximum((drawn + kept).max(axis=1), 0.0), observed)

    below = np.minimum(t, 0.0)
    return Superior(p_value(below), p_value(np.where(surely_below, t, 0.0)), p_value(np.zeros(len(t))))


def standard_error(series: Float[np.ndarray, "N T"], mean_length: float) -> Float[np.ndarray, " N"]:
    """Return the standard deviation of each mean over all draws of the stationary bootstrap, without drawing.

    It is Hansen's omega by the root of T: a kernel sum of autocovariances. The bootstrap goes round the end, so that
    they are those of a circle, and their sum is one over frequencies.

    Args:
        series: One each row.
        mean_length: Of the blocks, in bars.

    Source: Politis and Romano (1994), The Stationary Bootstrap, lemma 1; Hansen (2005), section 3.

    Example:
        >>> standard_error(np.array([[1.0, 2.0, 3.0, 4.0]]), 1.0).round(4).tolist()
        [0.559]
    """
    n_bars = series.shape[1]
    lag, stay = np.arange(n_bars), 1 - 1 / mean_length
    weight = (1 - lag / n_bars) * stay**lag + lag / n_bars * stay ** (n_bars - lag)
    centred = series - series.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.fft(centred, axis=1)) ** 2
    variance = power @ np.fft.fft(weight).real / n_bars**2
    return np.sqrt(variance / n_bars)
