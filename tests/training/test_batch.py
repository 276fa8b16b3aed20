from collections.abc import Callable

import numpy as np
import pytest
import torch
from tests.makers.panels import panel_of

from trading_hpo.market.trailing_volatility import trailing_volatility
from trading_hpo.training.batch import Batch, PanelTensors
from trading_hpo.types import Panel

MakePanel = Callable[..., Panel]
ROWS = torch.tensor([17, 260 + 40, 2 * 260 + 5])


@pytest.fixture(scope="module")
def panel(make_panel: MakePanel) -> Panel:
    panel = make_panel(kind="forward_return")
    panel.labelled[260 + 30 : 260 + 33] = False
    return panel


def batch_of(panel: Panel, unit: float = 1.0) -> Batch:
    return Batch(torch.zeros(3, 1), ROWS, PanelTensors(panel, np.array([unit])))


def test_everything_follows_the_row_numbers(panel: Panel) -> None:
    batch = batch_of(panel)
    assert batch.asset.tolist() == [0, 1, 2]
    assert batch.bar.tolist() == [17, 40, 5]
    np.testing.assert_array_equal(batch.target, panel.target[ROWS])
    np.testing.assert_array_equal(batch.forward_return, panel.forward_return[ROWS])
    np.testing.assert_array_equal(batch.volatility, trailing_volatility(panel)[ROWS])
    assert batch.weight is None


def test_a_number_comes_in_its_unit_and_a_class_as_it_stands(panel: Panel) -> None:
    batch = batch_of(panel, unit=0.03)
    assert batch.unit.tolist() == [np.float32(0.03)]
    torch.testing.assert_close(batch.target * batch.unit, batch_of(panel).target)
    targets = PanelTensors(panel, np.ones(1))
    assert targets.target.data_ptr() == panel.target.ctypes.data  # seen, not copied


def test_weights_are_given_by_row_of_the_panel(panel: Panel) -> None:
    weight = np.arange(panel.target.size, dtype="f4")
    batch = Batch(torch.zeros(3, 1), ROWS, PanelTensors(panel, np.ones(1), weight=weight))
    assert batch.weight is not None
    assert batch.weight.tolist() == ROWS.tolist()


def test_returns_are_of_as_many_bars_as_a_position_is_held() -> None:
    panel = panel_of(horizon=3, seed=0)
    held = PanelTensors(panel, np.ones(1), held_bars=2)
    np.testing.assert_array_equal(held.forward_return, panel.forward_return[:, :2])
    np.testing.assert_array_equal(PanelTensors(panel, np.ones(1)).forward_return, panel.forward_return)
