"""In which state the market was at each bar, by what was known at its close: the regimes that scores are divided by.

A regime is one of the market, not of an asset: the rows of a bar share it, so that what a portfolio earned on the bar
has one too, and both can be counted in bars. Terciles are of the past alone, the same for every fold and the holdout;
so a bar has one regime whoever asks, and those of a holdout need not be of equal size: their bars are counted.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from trading_hpo.market.trailing_volatility import VOLATILITY_BARS
from trading_hpo.types import Panel

TREND_BARS = 60
LEAST_PAST = 252  # volatilities before terciles of them are known at all
UNKNOWN = -1
_TERCILES, _SIGNS = ("low", "middle", "high"), ("down", "up")


@dataclass(frozen=True)
class Regimes:
    """One way to divide time.

    Attributes:
        by: What it is divided by: ``volatility``, ``trend``, or ``regime``, the user's own column.
        names: Of the regimes.
        of_row: Place among them of each row of the panel; ``UNKNOWN`` where it is not known.
        of_bar: The same of each bar of the calendar; ``UNKNOWN`` also where assets differ.
    """

    by: str
    names: tuple[str, ...]
    of_row: Int[np.ndarray, " R"]
    of_bar: Int[np.ndarray, " T"]


def regimes_of(panel: Panel) -> tuple[Regimes, ...]:
    """Return the user's own regimes where the panel has them, else volatility and trend of the market.

    **Looks ahead:** never; a bar's regime follows from returns that have ended with it, or is the user's own word.

    Args:
        panel: Its one-bar returns, or its ``regime``.
    """
    if panel.regime is not None:
        return (Regimes("regime", tuple(panel.regime_names), panel.regime, _shared(panel, panel.regime)),)
    moves = market_returns(panel)
    found = (("volatility", _TERCILES, volatility_terciles(moves)), ("trend", _SIGNS, trend_signs(moves)))
    return tuple(Regimes(by, names, of_bar[panel.bar], of_bar) for by, names, of_bar in found)


def market_returns(panel: Panel) -> Float[np.ndarray, " T"]:
    """Return the mean return of the assets that have a bar, each since its own bar before; NaN where none has one.

    **Looks ahead:** never; a return is that which ends with the bar.
    """
    follows = np.flatnonzero(panel.asset[1:] == panel.asset[:-1])
    bar, moves = panel.bar[follows + 1], panel.forward_return[follows, 0].astype(np.float64)
    total, count = np.bincount(bar, moves, panel.n_bars), np.bincount(bar, minlength=panel.n_bars)
    return np.divide(total, count, out=np.full(panel.n_bars, np.nan), where=count > 0)


def volatility_terciles(moves: Float[np.ndarray, " T"]) -> Int[np.ndarray, " T"]:
    """Return by bar whether its trailing volatility is in the lowest (0), middle or highest (2) third of those so far.

    **Looks ahead:** never; the thirds of a bar are those of the volatilities up to its own.

    Args:
        moves: One-bar returns that end with each bar; a bar without one (NaN) is in the regime of the bar before.

    Returns:
        ``UNKNOWN`` until ``LEAST_PAST`` volatilities are known, each over ``VOLATILITY_BARS`` returns.

    Example:
        >>> moves = np.tile([0.01, -0.01], 200) * np.repeat([1, 2], 200)
        >>> volatility_terciles(moves)[[0, 200, 399]].tolist()
        [-1, -1, 2]
    """
    squared = _trailing_sums(moves[np.isfinite(moves)] ** 2, VOLATILITY_BARS)
    share = pd.Series(squared).expanding(LEAST_PAST).rank(pct=True).to_numpy()  # of those so far that are no higher
    places = np.ceil(3 * share - 1e-9) - 1
    return _laid(moves, np.where(np.isnan(places), UNKNOWN, places))


def trend_signs(moves: Float[np.ndarray, " T"]) -> Int[np.ndarray, " T"]:
    """Return by bar whether the last ``TREND_BARS`` returns together have gained (1) or not (0).

    **Looks ahead:** never.

    Args:
        moves: As of ``volatility_terciles``.

    Returns:
        ``UNKNOWN`` until there are so many returns.

    Source: Moskowitz, Ooi and Pedersen (2012), Time series momentum, with 3 months of days.

    Example:
        >>> trend_signs(np.repeat([0.01, -0.01], 60))[[58, 59, 118, 119]].tolist()
        [-1, 1, 0, 0]
    """
    grown = _trailing_sums(np.log1p(moves[np.isfinite(moves)]), TREND_BARS)
    return _laid(moves, np.where(np.isnan(grown), UNKNOWN, grown > 0))


def _trailing_sums(values: Float[np.ndarray, " N"], n: int) -> Float[np.ndarray, " N"]:
    """Return the sum of the last ``n`` values, of these alone to the last bit; NaN where there are fewer."""
    sums = np.full(len(values), np.nan)
    if len(values) >= n:
        sums[n - 1 :] = np.lib.stride_tricks.sliding_window_view(values, n).sum(axis=1)
    return sums


def _laid(moves: Float[np.ndarray, " T"], places: Float[np.ndarray, " N"]) -> Int[np.ndarray, " T"]:
    """Lay the places of bars with a return out; a bar without one is in the regime of the bar before."""
    before = np.cumsum(np.isfinite(moves)) - 1
    return np.where(before >= 0, np.append(places, UNKNOWN).astype(np.int64)[before], UNKNOWN)


def _shared(panel: Panel, of_row: Int[np.ndarray, " R"]) -> Int[np.ndarray, " T"]:
    """Return the regime that all rows of a bar are in."""
    lowest, highest = np.full(panel.n_bars, np.iinfo(np.int64).max), np.full(panel.n_bars, UNKNOWN)
    np.minimum.at(lowest, panel.bar, of_row)
    np.maximum.at(highest, panel.bar, of_row)
    return np.where(lowest == highest, highest, UNKNOWN)
