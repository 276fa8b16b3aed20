"""Rows of the panel laid out as bars by assets."""

import numpy as np
import pytest
from tests.makers.panels import laid_out, panel_of

from trading_hpo.market.grid import grid_of


@pytest.fixture
def panel():
    numbers = np.arange(15, dtype=np.float32).reshape(3, 5)
    every = np.ones((3, 5), dtype=bool)
    return panel_of(observed=every, labelled=every, forward_return=np.stack([numbers / 100, numbers / 50], axis=2))


def test_rows_lie_at_their_bar_and_asset_and_earn_their_own_next_move(panel):
    everywhere = panel.rows((panel.all_bars,), 1)
    rows = everywhere[[1, 3, 11, 12]]  # A on bars 1 and 3, C on bars 1 and 2
    grid = grid_of(panel, rows, np.arange(1, 4))
    assert grid.bars.tolist() == [1, 2, 3]
    assert grid.given.tolist() == [[True, False, True], [False, False, True], [True, False, False]]
    assert grid.own.all()
    assert grid.alive.all()
    assert grid.lay(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [[1, 0, 3], [0, 0, 4], [2, 0, 0]]
    # Bars without a row have a return, too; only the first of the H returns is the next bar's.
    np.testing.assert_array_equal(grid.returns, laid_out(panel, "forward_return")[:, 1:4, 0].T)
    assert grid.returns.dtype == np.float64
