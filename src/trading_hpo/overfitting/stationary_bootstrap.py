"""The stationary bootstrap: a series drawn anew in blocks of random length, so that neighbours stay together."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int

FEWEST_BARS = 20  # below, autocorrelations are noise, and arch divides by zero for some lengths
FEWEST_BLOCKS = 5


def resamples(n_bars: int, mean_length: float, n_draws: int, seed: int = 0) -> Iterator[Int[np.ndarray, " T"]]:
    """Yield bar numbers: each follows the one before, round the end, or, once in a block's length, begins anew.

    Args:
        n_bars: T.
        mean_length: Of a block, in bars.
        n_draws: D.
        seed: The same numbers give the same draws.

    Source: Politis and Romano (1994), The Stationary Bootstrap.

    Example:
        >>> [bars.tolist() for bars in resamples(6, 3.0, 2)]
        [[3, 3, 5, 4, 5, 0], [4, 5, 0, 4, 5, 5]]
    """
    random = np.random.default_rng(seed)
    for _ in range(n_draws):
        begins = random.random(n_bars) < 1 / mean_length
        begins[0] = True
        block = np.cumsum(begins) - 1
        starts = random.integers(n_bars, size=block[-1] + 1)
        yield (starts[block] + np.arange(n_bars) - np.flatnonzero(begins)[block]) % n_bars


def resample_counts(
    n_bars: int, mean_length: float, n_draws: int, random: np.random.Generator
) -> Float[np.ndarray, "D T"]:
    """Return how often each draw has each bar: all that the mean of a draw depends on.

    The draws are of the kind of ``resamples``, made all at once.

    Args:
        n_bars: T.
        mean_length: Of a block, in bars.
        n_draws: D; some 40 bytes each bar of each draw while they are made.
        random: Draws.

    Example:
        >>> resample_counts(4, 2.0, 3, np.random.default_rng(0)).astype(int).tolist()
        [[1, 0, 2, 1], [0, 0, 3, 1], [1, 1, 1, 1]]
    """
    begins = random.random((n_draws, n_bars), dtype=np.float32) < 1 / mean_length
    begins[:, 0] = True
    first = np.flatnonzero(begins)
    length = np.diff(first, append=begins.size)
    bars = np.repeat(random.integers(n_bars, size=len(first)) - first, length) + np.arange(begins.size)
    own_cells = bars % n_bars + np.repeat(np.arange(n_draws) * n_bars, n_bars)
    return np.bincount(own_cells, minlength=begins.size).reshape(n_draws, n_bars).astype(np.float64)


def block_length(series: Float[np.ndarray, " T"], at_least: float = 1.0) -> float:
    """Return the mean length of blocks, in bars, with which the mean of a series varies over draws as it should.

    The automatic choice is the longer of two: it falls to one bar where a sample's autocorrelations are too small to
    be distinguished from none, and these add up. So it is never below T^(1/3), the best order whatever they are.

    It is never more than a fifth of the bars: with fewer than five blocks a draw is hardly another sample, its mean
    hardly moves, and everything looks sure. That limit counts more than ``at_least``.

    **Looks ahead:** label only, to judge.

    Args:
        series: Whose mean is judged.
        at_least: Such as the horizon of labels that overlap.

    Source: Politis and White (2004), Automatic Block-Length Selection for the Dependent Bootstrap, as corrected by
    Patton, Politis and White (2009); the order of Hall, Horowitz and Jing (1995), On Blocking Rules for the Bootstrap
    with Dependent Data.

    Example:
        >>> round(block_length(np.sin(np.arange(100) / 10), at_least=3.0), 1)
        13.3
        >>> block_length(np.zeros(1000), at_least=3.0)
        10.0
    """
    n_bars = len(series)
    found = _optimal_length(series) if n_bars >= FEWEST_BARS and varies(series[None])[0] else 1.0
    return float(min(max(found, np.cbrt(n_bars), at_least, 1.0), longest_block(n_bars)))


def spread_of_draws(n_bars: int, mean_length: float) -> float:
    """Return the spread of a mean over draws, as a share of what it is over samples.

    Draws centre on the sample's mean, which lies closer to the sample than the truth does: for independent bars their
    variance falls short by (2 b - 1) / T of blocks of b bars.

    Args:
        n_bars: T.
        mean_length: b, at most ``longest_block``.

    Source: Politis and Romano (1994), The Stationary Bootstrap; the bias follows from their lemma 1 with the expected
    sample autocovariances of independent bars, -variance / T each.

    Example:
        >>> round(spread_of_draws(1000, 50.0), 3)
        0.949
    """
    return float(np.sqrt(1 - (2 * mean_length - 1) / n_bars))


def longest_block(n_bars: int) -> float:
    """Return a fifth of the bars, at least one bar."""
    return max(n_bars / FEWEST_BLOCKS, 1.0)


def varies(series: Float[np.ndarray, "N T"]) -> Bool[np.ndarray, " N"]:
    """Return of each series whether its values differ by more than rounding does.

    Example:
        >>> varies(np.array([[0.1, 0.1, 0.1], [0.1, 0.2, 0.1]])).tolist()
        [False, True]
    """
    if not series.shape[1]:
        return np.zeros(len(series), dtype=bool)
    return np.ptp(series, axis=1) > 1e-12 * np.abs(series).max(axis=1)


def _optimal_length(series: Float[np.ndarray, " T"]) -> float:
    from arch.bootstrap import optimal_block_length

    centred = series - series.mean()
    scaled = centred / np.abs(centred).max()  # its fourth powers of small returns would be zero
    with np.errstate(divide="ignore", invalid="ignore"):  # autocorrelations of an end of the series that is all zero
        return float(optimal_block_length(scaled)["stationary"].iloc[0])
