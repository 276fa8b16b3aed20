"""Positions -> weights: how the assets share the capital."""

import numpy as np
from jaxtyping import Bool, Float


def equal_shares(positions: Float[np.ndarray, "T A"], alive: Bool[np.ndarray, "T A"]) -> Float[np.ndarray, "T A"]:
    """Return the weight of each asset: its position in an equal share of the capital.

    **Looks ahead:** never; a bar's shares depend on the assets of that bar.

    Args:
        positions: -1 to 1 of each asset's share.
        alive: Assets that share the capital of a bar.

    Example:
        >>> equal_shares(np.array([[1.0, -1.0]]), np.array([[True, True]])).tolist()
        [[0.5, -0.5]]
    """
    share = 1.0 / np.maximum(alive.sum(axis=1, keepdims=True), 1)
    weights: Float[np.ndarray, "T A"] = positions * share
    return weights
