"""Real prices with an edge in them that no linear model can see.

A stock's next return is moved by the product of two of its features, each as it stands above or below its usual value:
``rsi_14``, whether the price has risen, and ``volatility_ratio_5_63``, whether the market is more volatile than it was.
What has risen goes on rising while it is volatile, and falls back while it is calm. What a line through both features
says of the product is taken out of it, so that neither feature says anything by itself, nor does a sum of the two.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from trading_hpo.backtest.returns import net_returns
from trading_hpo.backtest.shares import equal_shares
from trading_hpo.metrics.active import above_constant
from trading_hpo.metrics.trading import sharpe

FEATURES = ("rsi_14", "volatility_ratio_5_63")
RISE, FAST, SLOW = 14, 5, 63  # their bars
LIMIT = 2.0  # of the product, which otherwise would leave most of the edge to a few bars
BARS_PER_YEAR = 252.0


@dataclass(frozen=True)
class Planted:
    """Prices with an edge.

    Attributes:
        close: After planting.
        state: Of each bar, known at its close: by how many strengths the next return is moved; 0 where history is too
            short.
        strength: In trailing volatilities (63 bars).
    """

    close: pd.DataFrame
    state: Float[np.ndarray, "T A"]
    strength: float


def plant(close: pd.DataFrame, strength: float) -> Planted:
    """Move the returns of real prices by a product of two features of what was planted before.

    What is usual, and what a line says of the product, is taken from the real prices, all stocks and bars together.
    These seven numbers are part of the edge, as its strength is; no model is given them.

    **Looks ahead:** never but for these seven; a bar's state is made of the planted prices up to it.

    Args:
        close: Real prices, one column per stock, without a gap.
        strength: In trailing volatilities.
    """
    real = close.to_numpy()
    planted, price = np.diff(np.log(real), axis=0), real.copy()
    usual, state = _Usual.of(real), np.zeros(real.shape)
    for bar in range(SLOW, len(real)):
        recent = planted[bar - SLOW : bar]
        rise = _rise(np.diff(price[bar - RISE : bar + 1], axis=0))
        state[bar] = usual.state(np.stack([rise, _ratio(recent)]))
        if bar < len(planted):
            planted[bar] += strength * recent.std(axis=0, ddof=1) * state[bar]
            price[bar + 1] = price[bar] * np.exp(planted[bar])
    return Planted(pd.DataFrame(price, close.index, close.columns), state, strength)


@dataclass(frozen=True)
class _Usual:
    """What the two features are on real prices.

    Attributes:
        middle: Of each, its median.
        spread: Of each, its standard deviation.
        line: The constant and the two slopes that come closest to the product.
    """

    middle: Float[np.ndarray, " 2"]
    spread: Float[np.ndarray, " 2"]
    line: Float[np.ndarray, " 3"]

    @staticmethod
    def of(real: Float[np.ndarray, "T A"]) -> "_Usual":
        rises = [_rise(changes) for changes in _windows(np.diff(real, axis=0), RISE)]
        ratios = [_ratio(recent) for recent in _windows(np.diff(np.log(real), axis=0), SLOW)]
        both = np.stack([np.ravel(rises[SLOW - RISE :]), np.ravel(ratios)])
        middle, spread = np.median(both, axis=1), both.std(axis=1)
        scaled = (both - middle[:, None]) / spread[:, None]
        line, *_ = np.linalg.lstsq(_with_constant(scaled), _product(scaled), rcond=None)
        return _Usual(middle, spread, line)

    def state(self, features: Float[np.ndarray, "2 A"]) -> Float[np.ndarray, " A"]:
        """Return the product less what the line says of it, so that no line says anything of the rest."""
        scaled = (features - self.middle[:, None]) / self.spread[:, None]
        state: Float[np.ndarray, " A"] = _product(scaled) - _with_constant(scaled) @ self.line
        return state


def _product(scaled: Float[np.ndarray, "2 N"]) -> Float[np.ndarray, " N"]:
    product: Float[np.ndarray, " N"] = np.clip(scaled[0] * scaled[1], -LIMIT, LIMIT)
    return product


def _with_constant(scaled: Float[np.ndarray, "2 N"]) -> Float[np.ndarray, "N 3"]:
    return np.column_stack([np.ones(scaled.shape[1]), *scaled])


def _windows(values: Float[np.ndarray, "T A"], length: int) -> Float[np.ndarray, "N L A"]:
    return np.lib.stride_tricks.sliding_window_view(values, length, axis=0).swapaxes(1, 2)


def _rise(changes: Float[np.ndarray, "L A"]) -> Float[np.ndarray, " A"]:
    moved = np.abs(changes).sum(axis=0)
    return changes.sum(axis=0) / np.where(moved > 0, moved, 1.0)


def _ratio(recent: Float[np.ndarray, "L A"]) -> Float[np.ndarray, " A"]:
    usual = recent.std(axis=0, ddof=1)
    return recent[-FAST:].std(axis=0, ddof=1) / np.where(usual > 0, usual, 1.0)


def oracle(planted: Planted, bars: Int[np.ndarray, " T"], cost_bps: float) -> Float[np.ndarray, " T"]:
    """Return the active returns of positions that know the state: long where a return is raised, else flat.

    **Looks ahead:** label only; the state of a bar is known at its close.

    Args:
        planted: The prices.
        bars: Calendar bars, increasing; each run of them is a range of its own.
        cost_bps: Basis points of the traded value.
    """
    close = planted.close.to_numpy()
    moves = close[1:] / close[:-1] - 1
    runs = np.split(bars, np.flatnonzero(np.diff(bars) != 1) + 1)
    return np.concatenate([_active(planted.state[own] > 0, moves[own], cost_bps) for own in runs])


def _active(long: Bool[np.ndarray, "T A"], moves: Float[np.ndarray, "T A"], cost_bps: float) -> Float[np.ndarray, " T"]:
    alive = np.ones(long.shape, dtype=bool)
    net, _, exposure = net_returns(equal_shares(long.astype(float), alive), moves, cost_bps)
    held, _, whole = net_returns(equal_shares(alive.astype(float), alive), moves, cost_bps)
    return above_constant(net, np.full(len(net), exposure.mean()), held / whole.mean())


def oracle_sharpe(planted: Planted, bars: Int[np.ndarray, " T"], cost_bps: float) -> float:
    """Return the annualised active Sharpe ratio of ``oracle``."""
    ratio = sharpe(oracle(planted, bars, cost_bps), BARS_PER_YEAR)
    assert isinstance(ratio, float)  # prices that move have one
    return ratio


def strength_for(close: pd.DataFrame, ratio: float, bars: Int[np.ndarray, " T"], cost_bps: float) -> Planted:
    """Plant as much as gives the oracle an active Sharpe ratio.

    Args:
        close: As of ``plant``.
        ratio: Annualised.
        bars: As of ``oracle``.
        cost_bps: As of ``oracle``.

    Source: bisection; the ratio grows with the strength.
    """
    low, high = 0.0, 1.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        enough = oracle_sharpe(plant(close, middle), bars, cost_bps) >= ratio
        low, high = (low, middle) if enough else (middle, high)
    return plant(close, high)
