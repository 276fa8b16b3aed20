"""Target positions of single bars -> positions held over a horizon."""

import numpy as np
from jaxtyping import Bool, Float


def held_over(
    targets: Float[np.ndarray, "T A"], known: Bool[np.ndarray, "T A"], horizon_bars: int
) -> Float[np.ndarray, "T A"]:
    """Return the mean of the last H target positions, where there are any; nothing is held without one.

    A forecast over H bars is held for H bars; with H = 1 a position is the target itself.

    **Looks ahead:** never; bar t uses targets of bars t - H + 1 to t.

    Args:
        targets: Of each asset from the close of each bar.
        known: Where there is a target; the others are left out of the mean.
        horizon_bars: H.

    Source: Jegadeesh and Titman (1993), overlapping portfolios.

    Example:
        >>> targets = np.array([[1.0], [0.0], [0.0]])
        >>> held_over(targets, np.ones((3, 1), dtype=bool), 2).ravel().tolist()
        [1.0, 0.5, 0.0]
    """
    sums = np.cumsum(np.where(known, targets, 0.0), axis=0)
    sums[horizon_bars:] -= sums[:-horizon_bars].copy()
    counts = np.cumsum(known, axis=0).astype(float)
    counts[horizon_bars:] -= counts[:-horizon_bars].copy()
    means = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    return np.where(known, means, 0.0)
