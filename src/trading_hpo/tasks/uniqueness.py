"""How much of a label is its own: labels that overlap say the same thing several times."""

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.types import Panel


def uniqueness(panel: Panel, rows: Int[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Return the average uniqueness of the label of each row among the labels of the rows.

    A label depends on its asset's moves from the row to the label's end. Each move is shared by a number of the labels;
    the uniqueness of a label there is one over that number. Its mean over the label's moves is returned: 1 for a label
    that overlaps none.

    **Looks ahead:** label only, of the rows that it is given; another row's label changes nothing.

    Args:
        panel: Rows with their label ends.
        rows: Labelled ones, such as a fold's train rows; labels of different assets share no move.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 4.3 and 4.4. By his definition labels are
    concurrent where they share a return; his snippet 4.1 counts the bar of the row too, at which neighbours would
    overlap that share none.
    """
    # Assets lie one after another and their bars rise: bars numbered through all assets rise from row to row.
    number = panel.asset * (panel.n_bars + 1) + panel.bar
    end = np.searchsorted(number, panel.asset[rows] * (panel.n_bars + 1) + panel.label_end[rows])
    # The move that ends at a row is the row's own; labels have those of the rows after theirs, to their ends.
    change = np.zeros(panel.n_rows + 2, dtype=np.int64)
    np.add.at(change, rows + 1, 1)
    np.add.at(change, end + 1, -1)
    sharing = np.maximum(change.cumsum()[: panel.n_rows + 1], 1)
    total = np.concatenate([[0.0], np.cumsum(1.0 / sharing)])
    mean: Float[np.ndarray, " N"] = (total[end + 1] - total[rows + 1]) / (end - rows)
    return mean
