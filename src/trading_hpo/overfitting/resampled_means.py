"""Means of many series over the same draws of a stationary bootstrap, and the standard errors that they show."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from trading_hpo.overfitting.stationary_bootstrap import longest_block, resample_counts, spread_of_draws

CELLS_AT_ONCE = 200_000  # draws times bars: what fits into a processor's cache is made twice as fast


@dataclass(frozen=True)
class ResampledMeans:
    """How the means of series vary.

    Attributes:
        mean: Of each series.
        error: Standard error of each mean.
        drawn: Of each draw and series, the mean less the series' own, in standard deviations over the draws.
    """

    mean: Float[np.ndarray, " N"]
    error: Float[np.ndarray, " N"]
    drawn: Float[np.ndarray, "D N"]

    @property
    def t(self) -> Float[np.ndarray, " N"]:
        """How many standard errors each mean is above zero."""
        return self.mean / self.error


def resampled_means(
    series: Float[np.ndarray, "N T"], mean_length: float, n_draws: int, seed: int = 0
) -> ResampledMeans:
    """Draw the bars of all series together, so that what they have in common stays in common.

    A standard error is the standard deviation over the draws, with two corrections, both upwards: for the bias of
    blocks (``spread_of_draws``), and it is never below that of independent bars. Autocorrelation that is negative in a
    sample is mostly noise, and with many trials the best is one that such noise has made look sure.

    **Looks ahead:** label only, to judge.

    Args:
        series: Each varies.
        mean_length: Of the blocks, in bars, 1 to a fifth of T.
        n_draws: D.
        seed: The same numbers give the same draws.

    Raises:
        ValueError: Blocks are longer than that, or a value is not finite.

    Source: Politis and Romano (1994), The Stationary Bootstrap.

    Example:
        >>> series = np.random.default_rng(0).normal(1.0, 2.0, (1, 400))
        >>> resampled_means(series, 1.0, 1000).error.round(2).tolist()
        [0.1]
    """
    n_bars, mean = series.shape[1], series.mean(axis=1)
    drawn = deviations(series, mean_length, n_draws, seed)
    spread = drawn.std(axis=0, ddof=1)
    unbiased = spread / spread_of_draws(n_bars, mean_length)
    independent = series.std(axis=1, ddof=1) / np.sqrt(n_bars)
    return ResampledMeans(mean, np.maximum(unbiased, independent), drawn / spread)


def deviations(
    series: Float[np.ndarray, "N T"], mean_length: float, n_draws: int, seed: int = 0
) -> Float[np.ndarray, "D N"]:
    """Return how far the mean of each series is from its own in each draw: as ``resampled_means``, but not scaled.

    Raises:
        ValueError: As ``resampled_means``.

    Example:
        >>> series = np.random.default_rng(0).normal(1.0, 2.0, (1, 400))
        >>> deviations(series, 1.0, 1000).std().round(2).item()
        0.1
    """
    n_bars = series.shape[1]
    if not 1 <= mean_length <= longest_block(n_bars):
        raise ValueError(
            f"mean_length must be 1 to {longest_block(n_bars):g} for {n_bars} bars, got {mean_length!r}. "
            "Use block_length."
        )
    check_finite(series)
    centred = np.ascontiguousarray((series - series.mean(axis=1, keepdims=True)).T)
    random = np.random.default_rng(seed)
    at_once = max(1, CELLS_AT_ONCE // n_bars)
    parts = [min(at_once, n_draws - done) for done in range(0, n_draws, at_once)]
    return np.concatenate([resample_counts(n_bars, mean_length, part, random) @ centred for part in parts]) / n_bars


def check_finite(values: Float[np.ndarray, "..."]) -> None:
    """Raise ValueError where a value is not finite: comparisons with NaN are false, which would read as skill."""
    unusable = int((~np.isfinite(values)).sum())
    if unusable:
        raise ValueError(
            f"values must be finite, got {unusable} of {values.size} that are not. Leave their series out."
        )


def share_reaching(drawn: Float[np.ndarray, " D"], observed: float) -> float:
    """Return the p-value of an observation among draws without skill: it counts as one of them, so it is never 0.

    A draw that equals it but for rounding reaches it.

    Source: Davison and Hinkley (1997), Bootstrap Methods and their Application, equation 4.11.

    Example:
        >>> share_reaching(np.array([0.0, 1.0, 2.0]), 1.0)
        0.75
    """
    return float((1 + (drawn >= observed - 1e-9 * abs(observed)).sum()) / (1 + len(drawn)))
