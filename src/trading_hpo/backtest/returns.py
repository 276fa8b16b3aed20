"""Weights -> net returns."""

import numpy as np
from jaxtyping import Bool, Float

from trading_hpo.backtest.contributions import contributions


def net_returns(
    weights: Float[np.ndarray, "T A"],
    asset_returns: Float[np.ndarray, "T A"],
    cost_bps: float,
    tradable: Bool[np.ndarray, "T A"] | None = None,
) -> tuple[Float[np.ndarray, " T"], Float[np.ndarray, " T"], Float[np.ndarray, " T"]]:
    """Return of each bar the net simple return, the turnover that was paid for it, and the exposure.

    The weights of row t are bought at the close of bar t and earn row t of ``asset_returns``, the
    return to the next close. Between two closes weights drift with their prices; turnover is what is
    traded from the drifted weights to the new ones, and costs are taken from the same bar's return.
    What cannot be traded on a bar is held and drifts on; the others have no more than the rest of the capital.
    The rest of the capital is cash without interest. The last position is not sold. A bar that loses
    all capital, as a short sale can, returns -1 and is the last that trades. Exposure is the sum of the weights that
    are held from the close of the bar on, negative when sold short.

    **Looks ahead:** never; row t of the weights was decided at the close of bar t.

    Args:
        weights: Share of the capital per asset, negative when sold short.
        asset_returns: Simple return of each asset to the next close; 0 where it has none.
        cost_bps: Basis points of the traded value.
        tradable: Where an asset can be bought and sold; everywhere without it.

    Example:
        >>> weights, moves = np.array([[1.0], [0.0]]), np.array([[0.1], [0.5]])
        >>> returns, turnover, _ = net_returns(weights, moves, cost_bps=0.0)
        >>> returns.round(3).tolist(), turnover.tolist()
        ([0.1, 0.0], [1.0, 1.0])
    """
    if tradable is not None and not tradable.all():
        earned, traded, held = (part.sum(axis=1) for part in contributions(weights, asset_returns, cost_bps, tradable))
        return earned, traded, held
    growth = np.maximum(1 + (weights * asset_returns).sum(axis=1), 0.0)
    solvent = np.cumprod(np.concatenate([[1.0], growth[:-1] > 0]))[: len(growth)]
    drifted = np.zeros_like(weights)
    value = weights[:-1] * (1 + asset_returns[:-1])
    np.divide(value, growth[:-1, None], out=drifted[1:], where=growth[:-1, None] > 0)
    turnover = np.abs(weights - drifted).sum(axis=1) * solvent
    net = np.where(solvent > 0, (1 - turnover * cost_bps / 1e4) * growth - 1, 0.0)
    return net, turnover, weights.sum(axis=1) * solvent


def buy_and_hold_returns(
    asset_returns: Float[np.ndarray, "T A"], present: Bool[np.ndarray, " A"], cost_bps: float
) -> Float[np.ndarray, " T"]:
    """Return the net returns of buying equal shares at the first close and never trading again.

    Args:
        asset_returns: Simple return of each asset to the next close; 0 where it has none.
        present: Assets among which the capital is shared; what of them cannot be bought at the first close earns
            nothing until it can.
        cost_bps: Basis points of the traded value.
    """
    value = np.cumprod(1 + asset_returns[:, present], axis=0).mean(axis=1)
    returns: Float[np.ndarray, " T"] = value / np.concatenate([[1.0], value[:-1]]) - 1
    if len(returns):
        returns[0] = (1 - cost_bps / 1e4) * (1 + returns[0]) - 1
    return returns
