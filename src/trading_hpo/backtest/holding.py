"""Target positions of single bars -> positions held over a horizon."""

import numpy as np
from jaxtyping import Bool, Float


def held_over(
    targets: Float[np.ndarray, "T A"], known: Bool[np.ndarray, "T A"], own: Bool[np.ndarray, "T A"], horizon_bars: int
) -> Float[np.ndarray, "T A"]:
    """Return the mean of the target positions of each asset's last H own bars; nothing is held where there is none.

    A forecast over H bars is held for H bars; with H = 1 a position is the target itself.

    **Looks ahead:** never; a bar uses targets of its own and earlier bars.

    Args:
        targets: Of each asset from the close of each bar.
        known: Where there is a target; the others are left out of the mean.
        own: Where there is a bar of the asset.
        horizon_bars: H.

    Returns:
        0 on bars that are not the asset's own: what is held there is not decided there.

    Source: Jegadeesh and Titman (1993), overlapping portfolios.

    Example:
        >>> targets, own = np.array([[1.0], [0.0], [0.0], [0.0]]), np.array([[True], [False], [True], [True]])
        >>> held_over(targets, own, own, 2).ravel().tolist()
        [1.0, 0.0, 0.5, 0.0]
    """
    order = np.argsort(~own, axis=0, stable=True)  # an asset's own bars first, in time order
    known = known & own
    targets, of_own = (np.take_along_axis(values, order, axis=0) for values in (np.where(known, targets, 0.0), known))
    sums = np.cumsum(targets, axis=0)
    sums[horizon_bars:] -= sums[:-horizon_bars].copy()
    counts = np.cumsum(of_own, axis=0)
    counts[horizon_bars:] -= counts[:-horizon_bars].copy()
    means = np.zeros_like(sums)
    np.put_along_axis(means, order, sums / np.maximum(counts, 1), axis=0)
    return np.where(known, means, 0.0)
