"""How often the best of many trials on one half of the bars is no better than the middle one on the other half."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float

from trading_hpo.overfitting.resampled_means import check_finite

FEWEST_TRIALS = 20  # below, a relative rank is too coarse: with two trials the best is first or last
CELLS_AT_ONCE = 50_000  # of trials and bars, or trials and halves: what fits into a processor's cache is done faster
ROUNDING = 1e-12  # of Sharpe ratios, and of a variance against the mean square


@dataclass(frozen=True)
class TooFew:
    """There is no answer yet.

    Attributes:
        why: What there is, and what would be needed.
    """

    why: str


@dataclass(frozen=True)
class Overfitting:
    """How the best of one half does on the other, over all ways to halve the blocks.

    Attributes:
        probability: Share of the halves whose best trial is in the lower half, or in the very middle, on the other.
        logits: Of its relative rank there, for each of C ways: above 0 it is in the upper half.
        n_trials: N.
        n_bars: T, as far as they are used.
        n_blocks: S.
    """

    probability: float
    logits: Float[np.ndarray, " C"]
    n_trials: int
    n_bars: int
    n_blocks: int


def overfitting_probability(returns: Float[np.ndarray, "N T"], n_blocks: int = 16) -> Overfitting | TooFew:
    """Estimate the probability of back-test overfitting by combinatorially symmetric cross-validation.

    The bars are cut into blocks. Of each half of the blocks the trial with the highest Sharpe ratio is chosen, as the
    search would have done; its rank among all trials on the other half says whether that choice was worth anything.
    Bars at the head that make no whole block are left out.

    All C(S, S / 2) halves are counted, none is drawn: mean and variance of a half follow from sums over its blocks.

    **Looks ahead:** label only, to judge.

    Args:
        returns: Of each trial, complete and on the same bars. One that does not vary on a half has a ratio of 0 there.
        n_blocks: S, even.

    Returns:
        ``TooFew`` of fewer than 20 trials that vary, or fewer bars than blocks.

    Raises:
        ValueError: ``n_blocks`` is odd or below 4, or a return is not finite.

    Source: Bailey, Borwein, Lopez de Prado and Zhu (2017), The Probability of Backtest Overfitting, section 3; the
    relative rank is rank / (N + 1), ties have their mean rank, and a logit of 0 counts as overfit.

    ``purgedcv`` 0.1.11 counts a logit of 0 as not overfit and spreads the bars that are left over on the first blocks;
    it computes each ratio from the bars.

    Example:
        >>> luck = np.random.default_rng(0).normal(0.0, 0.01, (50, 800))
        >>> round(overfitting_probability(luck, n_blocks=8).probability, 2)
        0.34
        >>> luck[7] += 0.002
        >>> overfitting_probability(luck, n_blocks=8).probability < 0.05
        True
        >>> overfitting_probability(luck[:5]).why
        'PBO needs at least 20 trials whose returns vary; there are 5.'
    """
    if n_blocks < 4 or n_blocks % 2:
        raise ValueError(f"n_blocks must be even and at least 4, got {n_blocks!r}.")
    check_finite(returns)
    n_trials, n_bars = returns.shape
    if n_bars < n_blocks:
        return TooFew(f"PBO needs at least one bar in each of {n_blocks} blocks; there are {n_bars} bars.")
    blocks = _Blocks.of(returns[:, n_bars % n_blocks :], n_blocks)
    if blocks.n_varying < FEWEST_TRIALS:
        return TooFew(f"PBO needs at least {FEWEST_TRIALS} trials whose returns vary; there are {blocks.n_varying}.")
    ranks = _all_halves(blocks, n_blocks)
    logits = np.log(ranks / (n_trials + 1 - ranks))
    return Overfitting(float((logits <= 0).mean()), logits, n_trials, blocks.bars_each * n_blocks, n_blocks)


@dataclass(frozen=True)
class _Blocks:
    """All that the Sharpe ratios of halves depend on.

    Attributes:
        mean: Of each trial over all bars; less it, since small variances would be lost in the squares of large means,
        sums: of each block,
        squares: and their sums of squares.
        bars_each: Bars of a block.
    """

    mean: Float[np.ndarray, " N"]
    sums: Float[np.ndarray, "S N"]
    squares: Float[np.ndarray, "S N"]
    bars_each: int

    @classmethod
    def of(cls, returns: Float[np.ndarray, "N T"], n_blocks: int) -> "_Blocks":
        """Sum up some trials at a time."""
        n_trials, n_bars = returns.shape
        mean, sums, squares = returns.mean(axis=1), *np.empty((2, n_blocks, n_trials))
        at_once = max(1, CELLS_AT_ONCE // n_bars)
        for first in range(0, n_trials, at_once):
            own = slice(first, first + at_once)
            blocks = (returns[own] - mean[own, None]).reshape(-1, n_blocks, n_bars // n_blocks)
            sums[:, own] = blocks.sum(axis=2).T
            squares[:, own] = np.einsum("nst,nst->sn", blocks, blocks)
        return cls(mean, sums, squares, n_bars // n_blocks)

    @property
    def n_varying(self) -> int:
        """Trials whose values differ by more than rounding does."""
        n_bars = self.bars_each * len(self.squares)
        return int((self.squares.sum(axis=0) > n_bars * (ROUNDING * self.mean) ** 2).sum())

    def sharpe(self, of_half: Float[np.ndarray, "C S"]) -> Float[np.ndarray, "C N"]:
        """Return the ratio of each trial on each half, which has ones at its blocks; 0 where nothing varies.

        The deviation is the population's: all halves have as many bars, and a common factor changes no rank.
        """
        n_bars = self.bars_each * len(self.squares) // 2
        above_mean = of_half @ self.sums / n_bars
        square = of_half @ self.squares / n_bars
        variance = square - above_mean**2
        still = variance <= ROUNDING * square
        variance[still] = 1.0
        ratio: Float[np.ndarray, "C N"] = (above_mean + self.mean) / np.sqrt(variance)
        ratio[still] = 0.0
        return ratio


def _all_halves(blocks: _Blocks, n_blocks: int) -> Float[np.ndarray, " C"]:
    """Return the rank of the best of each half on the other half.

    Halves are in lexicographic order, in which the complement of the first is the last, and so on.
    """
    halves = list(combinations(range(n_blocks), n_blocks // 2))
    of_half = np.zeros((len(halves), n_blocks))
    np.put_along_axis(of_half, np.array(halves), 1.0, axis=1)
    ranks = np.empty(len(halves))
    at_once = max(1, CELLS_AT_ONCE // len(blocks.mean))
    for first in range(0, len(halves) // 2, at_once):
        places = np.arange(first, min(first + at_once, len(halves) // 2))
        both = [(own, blocks.sharpe(of_half[own])) for own in (places, -1 - places)]
        for (own, inside), (_, outside) in (both, both[::-1]):
            best = inside.argmax(axis=1)[:, None]
            ranks[own] = _rank(outside, np.take_along_axis(outside, best, axis=1)[:, 0])
    return ranks


def _rank(ratios: Float[np.ndarray, "C N"], of: Float[np.ndarray, " C"]) -> Float[np.ndarray, " C"]:
    """Return the place of one ratio among all, from 1, the lowest; of ties their mean."""
    near = ROUNDING * (1 + np.abs(of))
    below = (ratios < (of - near)[:, None]).sum(axis=1)
    not_above = (ratios <= (of + near)[:, None]).sum(axis=1)
    return (below + not_above + 1) / 2
