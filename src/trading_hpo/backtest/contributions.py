"""Weights -> what each asset brought to the net return."""

import numpy as np
from jaxtyping import Bool, Float


def contributions(
    weights: Float[np.ndarray, "T A"],
    asset_returns: Float[np.ndarray, "T A"],
    cost_bps: float,
    tradable: Bool[np.ndarray, "T A"],
) -> tuple[Float[np.ndarray, "T A"], Float[np.ndarray, "T A"], Float[np.ndarray, "T A"]]:
    """Return of each bar and asset its part of the net return, of the turnover and of the exposure.

    The parts of a bar add up to what ``net_returns`` says of it: an asset earns its weight times its move, and pays the
    costs of what is traded of it. Costs are paid before the bar, so that each is dearer by what the rest then earns.

    **Looks ahead:** never; as of ``net_returns``.

    Args:
        weights: Share of the capital per asset, negative when sold short.
        asset_returns: Simple return of each asset to the next close; 0 where it has none.
        cost_bps: Basis points of the traded value.
        tradable: Where an asset can be bought and sold.

    Example:
        >>> weights, moves = np.array([[0.5, 0.5], [0.5, 0.0]]), np.array([[0.1, -0.1], [0.2, 0.0]])
        >>> earned, _, _ = contributions(weights, moves, 0.0, np.ones((2, 2), dtype=bool))
        >>> earned.round(3).tolist()
        [[0.05, -0.05], [0.1, 0.0]]
    """
    earned, traded, exposure = np.zeros((3, *weights.shape))
    held = np.zeros(weights.shape[1])  # as shares of the capital, as all below
    for bar, free in enumerate(tradable):
        kept, bought = np.where(free, 0.0, held), np.where(free, weights[bar], 0.0)
        left, asked = max(1.0 - np.abs(kept).sum(), 0.0), np.abs(bought).sum()
        if asked > left and not free.all():
            bought = bought * (left / asked)
        traded[bar] = np.abs(bought - np.where(free, held, 0.0))
        exposure[bar] = bought + kept
        costs = traded[bar] * cost_bps / 1e4
        paid, move = costs.sum(), asset_returns[bar]
        earned[bar] = (bought + kept) * move - costs * (1 + bought @ move)
        growth = 1 + earned[bar].sum()
        if growth <= 0:  # no more than the capital can be lost
            earned[bar] /= -earned[bar].sum()
            break
        held = ((1 - paid) * bought + kept) * (1 + move) / growth
    return earned, traded, exposure
