"""What the best of many trials is worth, once it is known how good the best of as many without skill looks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from trading_hpo.overfitting.resampled_means import check_finite, resampled_means, share_reaching
from trading_hpo.overfitting.stationary_bootstrap import varies

N_FLIPS = 10_000  # as many are cheap; fewer would let no p-value be small where most trials have no series
N_RESAMPLES = 1_000
FLIPS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Corrected:
    """The chosen trial among all that were tried.

    Attributes:
        p_value: Of "no trial has skill", as the best of ``n_tried``.
        single_p_value: As if the chosen trial had been the only one.
        expected_best: What the best of ``n_tried`` trials without skill would have shown, in the median, on the scale
            of the chosen one: in units of its mean score, or of its mean return per bar.
        n_series: Trials whose scores or returns were compared; those that do not vary are not among them.
        n_tried: All trials.
    """

    p_value: float
    single_p_value: float
    expected_best: float
    n_series: int
    n_tried: int


def by_blocks(
    scores: Float[np.ndarray, "N M"],
    chosen: int,
    n_tried: int,
    n_folds: int = 1,
    n_draws: int = N_FLIPS,
    seed: int = 0,
) -> Corrected | None:
    """Correct the forecast score of the best of many trials, by the signs of blocks.

    Without skill a block's score is as likely above that of the constant forecast as below. So each draw gives every
    block a sign, the same for all trials, which keeps what they have in common; and its best t statistic is one that
    trials without skill could have shown. No law of the scores is assumed beyond that symmetry, and no block length.

    What the blocks of a fold share, such as its share of positive labels, is estimated from these blocks and makes them
    differ less from each other than from the truth: of M degrees of freedom one is lost for each fold.

    **Looks ahead:** label only, to judge.

    Args:
        scores: How much better than the constant forecast each trial was in each block, in time order, of at least 20
            blocks: jackknife pseudo-values of the metric, whose mean is the metric's. Blocks are long against labels.
        chosen: Place of the trial that was chosen, by whatever rule.
        n_tried: At least N; trials without scores (pruned, deleted, of other studies) count as the others do.
        n_folds: Estimates of the metric that the blocks are pieces of.
        n_draws: D.
        seed: The same numbers give the same draws.

    Returns:
        None where the chosen trial's scores do not vary: it is the constant forecast itself.

    Raises:
        ValueError: A score is not finite, there are fewer trials than scores, or no more blocks than folds.

    Source: the sign-flip test of Romano (1990), On the Behavior of Randomization Tests without a Group Invariance
    Assumption; its maximum over trials as of Westfall and Young (1993), Resampling-Based Multiple Testing.

    Example:
        >>> scores = np.random.default_rng(0).normal(0.0, 1.0, (20, 32))
        >>> scores[7] += 0.8
        >>> found = by_blocks(scores, chosen=7, n_tried=40)
        >>> found.single_p_value < found.p_value < 0.05, round(found.expected_best, 1)
        (True, 0.5)
    """
    n_blocks = scores.shape[1]
    if not 1 <= n_folds < n_blocks:
        raise ValueError(f"n_folds must be at least 1 and below the {n_blocks} blocks, got {n_folds!r}.")
    ours = _comparable(scores, chosen, n_tried)
    if not ours[chosen]:
        return None
    compared, place = scores[ours], int(ours[:chosen].sum())
    scaled = compared / np.linalg.norm(compared, axis=1, keepdims=True)
    random = np.random.default_rng(seed)
    best, own = np.empty(n_draws), np.empty(n_draws)
    for first in range(0, n_draws, FLIPS_AT_ONCE):
        signs = random.choice([-1.0, 1.0], size=(min(FLIPS_AT_ONCE, n_draws - first), n_blocks))
        flipped = signs @ scaled.T  # [D N]: t grows with it, so that the best of one is the best of the other
        best[first : first + len(flipped)] = _t_of(flipped.max(axis=1), n_blocks)
        own[first : first + len(flipped)] = _t_of(flipped[:, place], n_blocks)
    mean, spread = scores[chosen].mean(), scores[chosen].std(ddof=1)
    error = float(spread / np.sqrt(n_blocks - n_folds))
    return _corrected(best, own, float(mean) / error, error, len(compared), n_tried)


def by_returns(
    active: Float[np.ndarray, "N T"],
    chosen: int,
    n_tried: int,
    mean_length: float,
    n_draws: int = N_RESAMPLES,
    seed: int = 0,
) -> Corrected | None:
    """Correct the mean active return of the best of many trials, by a stationary bootstrap of the bars.

    Each draw has the same bars for all trials. Its best t statistic is that of trials whose means are moved to zero: as
    if the poor ones were as good as chance, which is cautious.

    **Looks ahead:** label only, to judge.

    Args:
        active: Active returns of each trial on the same bars; what never trades has zeros, and is never the best.
        chosen: Place of the trial that was chosen, by whatever rule.
        n_tried: At least N; trials without returns (pruned, deleted, of other studies) count as the others do.
        mean_length: Of the blocks, in bars: ``block_length`` of the chosen trial's returns.
        n_draws: D.
        seed: The same numbers give the same draws.

    Returns:
        None where the chosen trial's returns do not vary.

    Raises:
        ValueError: A return is not finite, there are fewer trials than series, or blocks are too long for the bars.

    Source: White (2000), A Reality Check for Data Snooping; studentised as of Hansen (2005), A Test for Superior
    Predictive Ability, without his recentring of poor trials.

    Example:
        >>> active = np.random.default_rng(0).normal(0.0, 0.01, (20, 500))
        >>> active[3] += 0.003
        >>> found = by_returns(active, chosen=3, n_tried=20, mean_length=2.0)
        >>> found.p_value < 0.01, 0.0005 < found.expected_best < 0.0015
        (True, True)
    """
    ours = _comparable(active, chosen, n_tried)
    if not ours[chosen]:
        return None
    means, place = resampled_means(active[ours], mean_length, n_draws, seed), int(ours[:chosen].sum())
    t, error = float(means.t[place]), float(means.error[place])
    return _corrected(means.drawn.max(axis=1), means.drawn[:, place], t, error, int(ours.sum()), n_tried)


def _comparable(series: Float[np.ndarray, "N _"], chosen: int, n_tried: int) -> Bool[np.ndarray, " N"]:
    check_finite(series)
    if not 0 <= chosen < len(series):
        raise ValueError(f"chosen must be a place among {len(series)} trials, got {chosen!r}.")
    if n_tried < len(series):
        raise ValueError(f"n_tried must be at least the {len(series)} trials given, got {n_tried!r}.")
    return varies(series)


def _t_of(flipped: Float[np.ndarray, " D"], n_blocks: int) -> Float[np.ndarray, " D"]:
    """Return the t statistic of scores of unit length from their sum."""
    left = np.maximum(n_blocks - flipped**2, 1e-9)  # 0 where all scores are equal
    return flipped * np.sqrt((n_blocks - 1) / left)


def _corrected(
    best: Float[np.ndarray, " D"], own: Float[np.ndarray, " D"], t: float, error: float, n_series: int, n_tried: int
) -> Corrected:
    """Go from the best of the series to the best of all tried, as if the others belonged to groups of the same kind.

    The best of n / N independent groups reaches a height with probability 1 - (1 - p)^(n / N). Groups that are alike
    reach it less often, so this is cautious.
    """
    groups, p_value = n_tried / n_series, share_reaching(best, t)
    return Corrected(
        p_value=p_value if groups == 1 else 1 - (1 - p_value) ** groups,
        single_p_value=share_reaching(own, t),
        expected_best=float(np.quantile(best, 0.5 ** (1 / groups))) * error,
        n_series=n_series,
        n_tried=n_tried,
    )
