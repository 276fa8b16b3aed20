"""What a position rule is, and how one is followed through time."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.tasks.task import Decision, Forecast


@dataclass(frozen=True)
class PositionRule:
    """Turns forecasts into target positions.

    Attributes:
        position: ``(forecast, decision, state) -> target position`` of each row, -1 to 1 of the asset's share of the
            capital. ``state`` is the row's asset's target position of its row before; 0 at its first.
        uses_state: Whether ``state`` matters: such a rule is asked bar by bar, any other once for all rows.
    """

    position: Callable[[Forecast, Decision, Float[np.ndarray, " R"]], Float[np.ndarray, " R"]]
    uses_state: bool = False

    def follow(
        self, forecast: Forecast, decision: Decision, bar: Int[np.ndarray, " R"], asset: Int[np.ndarray, " R"]
    ) -> Float[np.ndarray, " R"]:
        """Return the target position of every row.

        **Looks ahead:** never; a position depends on the forecasts of its bar and on its asset's position before.

        Args:
            forecast: Of the rows.
            decision: How forecasts become calls.
            bar: Of each row.
            asset: Of each row, numbered from 0.
        """
        positions = np.zeros(len(bar))
        if not self.uses_state:
            return self.position(forecast, decision, positions)
        held = np.zeros(int(asset.max(initial=-1)) + 1)
        for now in np.unique(bar):
            rows = np.flatnonzero(bar == now)
            held[asset[rows]] = positions[rows] = self.position(forecast.at(rows), decision, held[asset[rows]])
        return positions
