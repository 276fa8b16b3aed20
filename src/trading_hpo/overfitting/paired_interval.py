"""How far the mean of paired differences might be from what was seen."""

import numpy as np
from jaxtyping import Float

from trading_hpo.overfitting.intervals import Interval
from trading_hpo.overfitting.resampled_means import check_finite

LEVEL = 0.90


def paired_interval(
    differences: Float[np.ndarray, " M"],
    estimate: float,
    n_estimated: int = 0,
    n_compared: int = 1,
    level: float = LEVEL,
) -> Interval | None:
    """Return the interval of a mean difference by Student's law, as one of several that hold together.

    What both have in common, such as an easy year, cancels pair by pair. Pairs must be almost independent: folds, or
    blocks of bars that are long against labels. What is estimated from the pairs themselves makes them differ less from
    each other than from the truth: each such number costs one pair.

    What the interval does not know: that both were chosen as the best of several, on these same pairs.

    **Looks ahead:** label only, to judge.

    Args:
        differences: Of each pair, greater is better; jackknife pseudo-values of blocks, or values of folds.
        estimate: The difference itself, which the mean of pseudo-values equals but for their bias.
        n_estimated: Numbers that the pairs share: as many as folds where pairs are their blocks.
        n_compared: Intervals that are to hold together; each is wider for it.
        level: Of all of them, two-sided.

    Returns:
        None of fewer than two pairs beyond what is estimated, or of pairs that do not vary.

    Source: Student (1908); together as of Dunn (1961), Multiple Comparisons Among Means.

    Example:
        >>> found = paired_interval(np.array([0.01, 0.02, 0.03, 0.02]), 0.02)
        >>> round(found.low, 4), round(found.high, 4), round(found.p_value, 3)
        (0.0104, 0.0296, 0.008)
    """
    from scipy.special import stdtr, stdtrit

    check_finite(differences)
    n_pairs = len(differences) - n_estimated
    if n_pairs < 2 or np.ptp(differences) == 0:
        return None
    error = float(differences.std(ddof=1) / np.sqrt(n_pairs))
    half = float(stdtrit(n_pairs - 1, 1 - (1 - level) / (2 * n_compared))) * error
    p_value = float(stdtr(n_pairs - 1, -estimate / error))
    return Interval(estimate - half, estimate, estimate + half, min(1.0, p_value * n_compared))
