"""Holds what is called up until the price touches a barrier."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field

from trading_hpo.tasks.positions.rule import KnownRows, PositionRule, Reads
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.tasks.touch import NEITHER, UPPER, first_touch


@dataclass(frozen=True)
class Trade:
    """A position from its call to its end.

    Attributes:
        held: Places among the rows from whose close to the next it is held.
        size: -1 to 1.
        beyond_barrier: How much better than the barrier's price the close is at which it ended, as a share of that
            price; negative where the close is worse. None where no touch has ended it.
    """

    held: Int[np.ndarray, " N"]
    size: float
    beyond_barrier: float | None


class HoldToTouch(PositionRule):
    """A position that a call opens is held, whatever is called meanwhile, until the price touches a barrier.

    It ends at the close of the bar that touches, or of the H-th bar, so that it earns the return to that close and not
    to the barrier's price; a call of that bar may open the next one. The barriers are those of the row that opened it:
    where they are not known yet, none is opened. Where an own bar of the asset has no forecast, nothing is held.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 3.4: the barriers of a trade.
    """

    reads: ClassVar[tuple[Reads, ...]] = ("barriers",)
    holds: ClassVar[bool] = True

    name: Literal["hold_to_touch"] = "hold_to_touch"
    hold_short: bool = Field(default=False, description="sell short what is not called up; else hold nothing there")

    def follow(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Float[np.ndarray, " R"]:
        """Return the position of every row."""
        positions = np.zeros(len(known.bar))
        for trade in self.trades(forecast, decision, known):
            positions[trade.held] = trade.size
        return positions

    def trades(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Iterator[Trade]:
        """Yield the positions, asset after asset.

        **Looks ahead:** never; that a row before the touch is held does not depend on when the touch will be.

        Args:
            forecast: Of the rows.
            decision: How forecasts become calls.
            known: Of the same rows, in any order.
        """
        assert known.prices is not None
        assert known.barriers is not None
        sizes = np.where(decision.calls(forecast), 1.0, -1.0 if self.hold_short else 0.0)
        sizes[~np.isfinite(known.barriers).all(axis=1)] = 0.0
        order = np.lexsort((known.place, known.asset))
        follows = (np.diff(known.asset[order]) == 0) & (np.diff(known.place[order]) == 1)
        for run in np.split(order, np.flatnonzero(~follows) + 1):
            yield from _trades(run, sizes[run], known.prices[run], known.barriers[run], known.horizon_bars)


def _trades(
    run: Int[np.ndarray, " N"],
    sizes: Float[np.ndarray, " N"],
    prices: Float[np.ndarray, "N 3"],
    barriers: Float[np.ndarray, "N 2"],
    horizon_bars: int,
) -> Iterator[Trade]:
    """Yield the positions of rows that follow each other."""
    steps, side = first_touch(prices, barriers, horizon_bars)
    free = 0  # the first row at which nothing is held
    for row in np.flatnonzero(sizes).tolist():
        if row < free:
            continue
        free, size = row + int(steps[row]), float(sizes[row])
        beyond = None
        if side[row] != NEITHER:
            price = barriers[row, 0 if side[row] == UPPER else 1]
            beyond = size * float(prices[free, 2] / price - 1)
        yield Trade(run[row:free], size, beyond)
