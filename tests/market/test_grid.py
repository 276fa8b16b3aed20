"""Rows of the panel by their number, and laid out as bars by assets."""

import numpy as np
import pandas as pd
import pytest

from trading_hpo.market.grid import grid_of
from trading_hpo.types import Panel


@pytest.fixture
def panel():
    shape = (3, 5)
    numbers = np.arange(15, dtype=np.float32).reshape(shape)
    return Panel(
        features=np.stack([numbers, -numbers], axis=2),
        forward_return=np.stack([numbers / 100, numbers / 50], axis=2),
        target=np.stack([numbers, 10 * numbers], axis=2),
        label_end=np.minimum(np.arange(5) + 2, 5)[None, :].repeat(3, axis=0),
        observed=np.ones(shape, dtype=bool),
        labelled=np.ones(shape, dtype=bool),
        timestamps=pd.date_range("2020-01-01", periods=5, tz="UTC"),
        assets=("A", "B", "C"),
        feature_names=("x", "y"),
    )


def test_what_there_is_of_a_row_is_asked_for_by_its_number(panel):
    rows = panel.rows((panel.all_bars,), 1)
    assert len(rows) == 15
    picked = rows[[7, 2, 13]]
    asset, bar = panel.asset_of(picked), panel.bar_of(picked)
    assert (asset.tolist(), bar.tolist()) == ([1, 0, 2], [2, 2, 3])
    np.testing.assert_array_equal(panel.targets(picked), panel.target[asset, bar])
    np.testing.assert_array_equal(panel.forward_returns(picked), panel.forward_return[asset, bar])
    np.testing.assert_array_equal(panel.label_ends(picked), panel.label_end[asset, bar])
    np.testing.assert_array_equal(panel.feature_rows[picked], panel.features[asset, bar])


def test_rows_lie_at_their_bar_and_asset_and_earn_their_own_next_move(panel):
    everywhere = panel.rows((panel.all_bars,), 1)
    rows = everywhere[[1, 3, 11, 12]]  # A on bars 1 and 3, C on bars 1 and 2
    grid = grid_of(panel, rows)
    assert grid.bars.tolist() == [1, 2, 3]
    assert grid.known.tolist() == [[True, True], [False, True], [True, False]]
    assert grid.lay(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [[1, 3], [0, 4], [2, 0]]
    # Bars without a row have a return, too; only the first of the H returns is the next bar's.
    np.testing.assert_array_equal(grid.returns, panel.forward_return[[0, 2], 1:4, 0].T)
    assert grid.returns.dtype == np.float64
