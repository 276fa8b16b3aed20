"""Rows of the panel laid out as bars by assets, for what looks at all assets of a bar."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from trading_hpo.types import Panel


@dataclass(frozen=True)
class Grid:
    """Rows of some bars and assets, and what the assets earn there.

    Attributes:
        bars: Bar number of each line.
        line: Of each row.
        column: Of each row; one per asset that has a row.
        known: Where there is a row.
        returns: Of each asset to its next close, at bars without a row too.
    """

    bars: Int[np.ndarray, " T"]
    line: Int[np.ndarray, " N"]
    column: Int[np.ndarray, " N"]
    known: Bool[np.ndarray, "T A"]
    returns: Float[np.ndarray, "T A"]

    def lay(self, values: Float[np.ndarray, " N"]) -> Float[np.ndarray, "T A"]:
        """Return one value per row at its place; 0 where there is no row."""
        laid = np.zeros(self.known.shape)
        laid[self.line, self.column] = values
        return laid


def grid_of(panel: Panel, rows: Int[np.ndarray, " N"]) -> Grid:
    """Lay rows out.

    **Looks ahead:** label only; the returns are those of the next bar.
    """
    bars, line = np.unique(panel.bar_of(rows), return_inverse=True)
    assets, column = np.unique(panel.asset_of(rows), return_inverse=True)
    known = np.zeros((len(bars), len(assets)), dtype=bool)
    known[line, column] = True
    # What is held moves on bars without a row, too: buy-and-hold misses nothing.
    returns = panel.forward_return[..., 0][np.ix_(assets, bars)].T.astype(np.float64)
    return Grid(bars, line, column, known, returns)
