"""How many different trials there are among many that resemble each other."""

import numpy as np
from jaxtyping import Float

from trading_hpo.overfitting.resampled_means import check_finite
from trading_hpo.overfitting.stationary_bootstrap import varies

ALIKE = 0.5  # correlation above which two clusters are one


def effective_trials(active: Float[np.ndarray, "N T"]) -> int:
    """Return the number of clusters of trials whose returns move together.

    Clusters are joined, the most alike first, as long as the trials of both correlate by at least one half in the mean.
    The number is on the low side, as that of all trials is on the high side: members of a cluster differ too, and the
    best of them is better than one of them.

    The paper takes k-means, and as many clusters as have the most distinct silhouettes. That finds clusters where there
    are none, 2 to 12 among 20 independent series of 1,000 bars in ten draws, and never a single one.

    **Looks ahead:** label only, to judge.

    Args:
        active: Returns of each trial on the same bars; trials that do not vary are left out.

    Returns:
        1 to N.

    Raises:
        ValueError: A return is not finite.

    Source: Lopez de Prado and Lewis (2019), Detection of False Investment Strategies Using Unsupervised Learning
    Methods; average linkage as of Sokal and Michener (1958).

    Example:
        >>> kinds = np.random.default_rng(0).normal(size=(3, 500))
        >>> alike = kinds[[0, 0, 0, 1, 1, 2]] + 0.5 * np.random.default_rng(1).normal(size=(6, 500))
        >>> effective_trials(alike)
        3
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    check_finite(active)
    varying = active[varies(active)]
    if len(varying) < 2:
        return 1
    apart = 1 - np.corrcoef(varying)
    np.fill_diagonal(apart, 0.0)
    joined = linkage(squareform(apart, checks=False), method="average")
    return int(fcluster(joined, 1 - ALIKE, criterion="distance").max())
