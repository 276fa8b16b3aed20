"""Tables of windows, read by their names."""

import numpy as np
import pandas as pd
import pytest

from trading_hpo.errors import DataError
from trading_hpo.tracking.network_input import windows_of

CARD = {"model_type": "mlp", "features": ["up", "down"], "assets": ["AAPL", "IBM", "MSFT"]}


def test_columns_come_in_the_order_of_the_network_and_assets_by_its_numbers():
    table = pd.DataFrame(
        {"down": [[3, 4], [7, 8]], "other": ["x", "y"], "asset": ["MSFT", "AAPL"], "up": [[1, 2], [5, 6]]}, index=[9, 9]
    )
    windows, asset = windows_of(table, 2, CARD)
    assert windows.tolist() == [[[1, 3], [2, 4]], [[5, 7], [6, 8]]]
    assert asset.tolist() == [2, 0]


def test_whole_windows_are_taken_as_they_are():
    windows, asset = windows_of(pd.DataFrame({"windows": [[[1, 3], [2, 4]]], "asset": [1]}), 2, CARD)
    assert windows.tolist() == [[[1, 3], [2, 4]]]
    assert asset.tolist() == [1]


def test_no_rows_are_no_windows():
    windows, asset = windows_of(pd.DataFrame({"up": [], "down": [], "asset": []}), 3, CARD)
    assert windows.shape == (0, 3, 2)
    assert asset.shape == (0,)


@pytest.mark.parametrize("asset", [3, -1, 0.5, np.nan, None, "aapl", ["AAPL"], {"name": "AAPL"}])
def test_what_is_neither_name_nor_number_of_an_asset_is_refused(asset):
    table = pd.DataFrame({"up": [[1, 2]], "down": [[3, 4]], "asset": pd.Series([asset], dtype=object)})
    with pytest.raises(DataError, match=r"asset must be one that mlp was trained on, got .* in window 0"):
        windows_of(table, 2, CARD)


def test_only_the_first_window_of_another_shape_is_named():
    table = pd.DataFrame({"up": [[1, 2], [1], [], "text"], "down": [[1, 2], [3, 4], [5, [6]], []], "asset": "IBM"})
    with pytest.raises(DataError) as refused:
        windows_of(table, 2, CARD)
    assert refused.value.problems == [
        "up must be numbers of shape (2,) in each window, oldest bar first, got shape (1,) in window 1.",
        "down must be numbers of shape (2,) in each window, oldest bar first, got [5, [6]] in window 2.",
    ]
