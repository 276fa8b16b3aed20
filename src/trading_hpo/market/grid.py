"""Rows of the panel laid out as bars by assets, for what looks at all assets of a bar."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from trading_hpo.types import Panel


@dataclass(frozen=True)
class Grid:
    """Some bars of the calendar, and what the assets that are alive on any of them do there.

    An asset is alive from its first to its last own bar. On a bar of others it cannot be traded and earns nothing; what
    it earns from one own bar to the next it earns on the last bar before that.

    Attributes:
        bars: Bar number of each line.
        line: Of each of the given rows.
        column: Of each of the given rows.
        given: Where there is one of the given rows.
        own: Where there is a bar of the asset.
        alive: Where the asset is alive.
        returns: Of each asset to the next close.
    """

    bars: Int[np.ndarray, " T"]
    line: Int[np.ndarray, " N"]
    column: Int[np.ndarray, " N"]
    given: Bool[np.ndarray, "T A"]
    own: Bool[np.ndarray, "T A"]
    alive: Bool[np.ndarray, "T A"]
    returns: Float[np.ndarray, "T A"]

    def lay(self, values: Float[np.ndarray, " N"]) -> Float[np.ndarray, "T A"]:
        """Return one value per given row at its place; 0 elsewhere."""
        laid = np.zeros(self.given.shape)
        laid[self.line, self.column] = values
        return laid


def grid_of(panel: Panel, rows: Int[np.ndarray, " N"], bars: Int[np.ndarray, " T"]) -> Grid:
    """Lay rows out.

    **Looks ahead:** label only; the returns are those of the next own bar. That an asset has no later bar is known on
    its last one.

    Args:
        panel: The data.
        rows: To be laid out.
        bars: Of the calendar, increasing; all bars of the rows among them.
    """
    line = np.searchsorted(bars, panel.bar[rows])
    first, last = _ends(panel)
    alive = (first <= bars[:, None]) & (bars[:, None] <= last)
    assets = np.flatnonzero(alive.any(axis=0))
    alive = alive[:, assets]
    column_of = np.full(panel.n_assets, -1)
    column_of[assets] = np.arange(len(assets))
    column = column_of[panel.asset[rows]]
    given = np.zeros(alive.shape, dtype=bool)
    given[line, column] = True

    own_rows = np.flatnonzero((panel.bar >= bars[0]) & (panel.bar <= bars[-1]))
    own_rows = own_rows[_is_among(panel.bar[own_rows], bars)]
    own_line, own_column = np.searchsorted(bars, panel.bar[own_rows]), column_of[panel.asset[own_rows]]
    own = np.zeros(alive.shape, dtype=bool)
    own[own_line, own_column] = True
    earned_on = _bar_before_next(panel, own_rows)
    inside = _is_among(earned_on, bars)
    returns = np.zeros(alive.shape)
    moves = panel.forward_return[own_rows[inside], 0].astype(np.float64)
    returns[np.searchsorted(bars, earned_on[inside]), own_column[inside]] = moves
    return Grid(bars, line, column, given, own, alive, returns)


def _ends(panel: Panel) -> tuple[Int[np.ndarray, " A"], Int[np.ndarray, " A"]]:
    """Return the first and the last own bar of each asset."""
    first = panel.first_row
    return panel.bar[first], panel.bar[np.append(first[1:], panel.n_rows) - 1]


def _is_among(bar: Int[np.ndarray, " N"], bars: Int[np.ndarray, " T"]) -> Bool[np.ndarray, " N"]:
    """Say which are among increasing bars."""
    among: Bool[np.ndarray, " N"] = bars[np.minimum(np.searchsorted(bars, bar), len(bars) - 1)] == bar
    return among


def _bar_before_next(panel: Panel, rows: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """Return the calendar bar before each row's next own bar; the row's own bar where there is none."""
    later = np.minimum(rows + 1, panel.n_rows - 1)
    has_next = (later > rows) & (panel.asset[later] == panel.asset[rows])
    return np.where(has_next, panel.bar[later] - 1, panel.bar[rows])
