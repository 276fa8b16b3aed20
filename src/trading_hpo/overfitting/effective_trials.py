"""How many different trials there are among many that resemble each other."""

import numpy as np
from jaxtyping import Float

from trading_hpo.overfitting.resampled_means import check_finite
from trading_hpo.overfitting.stationary_bootstrap import varies


def effective_trials(active: Float[np.ndarray, "N T"]) -> int:
    """Return the number of clusters of trials whose returns move together.

    **Looks ahead:** label only, to judge.

    Args:
        active: Returns of each trial on the same bars.

    Returns:
        1 to N. Trials that do not vary are one together.

    Raises:
        ValueError: A return is not finite.

    Source: Lopez de Prado and Lewis (2019), Detection of False Investment Strategies Using Unsupervised Learning
    Methods.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    check_finite(active)
    ours = varies(active)
    if ours.sum() < 2:
        return max(int(ours.sum()), 1)
    distance = np.sqrt(np.clip((1 - np.corrcoef(active[ours])) / 2, 0, 1))
    np.fill_diagonal(distance, 0.0)
    merges = linkage(squareform(distance, checks=False), method="average")
    return int(fcluster(merges, 0.5, criterion="distance").max())
