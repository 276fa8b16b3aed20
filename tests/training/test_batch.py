from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from trading_hpo.training.batch import LEAST_VOLATILITY, VOLATILITY_BARS, Batch, Targets, trailing_volatility
from trading_hpo.types import Panel

MakePanel = Callable[..., Panel]
ROWS = torch.tensor([17, 260 + 40, 2 * 260 + 5])


@pytest.fixture(scope="module")
def panel(make_panel: MakePanel) -> Panel:
    panel = make_panel(task="regression")
    panel.labelled[1, 30:33] = False
    return panel


def batch_of(panel: Panel, unit: float = 1.0) -> Batch:
    return Batch(torch.zeros(3, 1), ROWS, Targets(panel, np.array([unit])))


def test_everything_follows_the_row_numbers(panel: Panel) -> None:
    batch = batch_of(panel)
    assert batch.asset.tolist() == [0, 1, 2]
    assert batch.bar.tolist() == [17, 40, 5]
    places = ([0, 1, 2], [17, 40, 5])
    np.testing.assert_array_equal(batch.target[:, 0], panel.target[places])
    np.testing.assert_array_equal(batch.forward_return, panel.forward_return[places])
    np.testing.assert_array_equal(batch.volatility, trailing_volatility(panel)[places])
    assert batch.weight is None


def test_a_number_comes_in_its_unit_and_a_class_as_it_stands(panel: Panel) -> None:
    batch = batch_of(panel, unit=0.03)
    assert batch.unit.tolist() == [np.float32(0.03)]
    torch.testing.assert_close(batch.target * batch.unit, batch_of(panel).target)
    targets = Targets(panel, np.ones(1))
    assert targets.target.data_ptr() == panel.target.ctypes.data  # seen, not copied


def test_weights_are_given_by_row_of_the_panel(panel: Panel) -> None:
    weight = np.arange(panel.target.size, dtype="f4")
    batch = Batch(torch.zeros(3, 1), ROWS, Targets(panel, np.ones(1), weight=weight))
    assert batch.weight is not None
    assert batch.weight.tolist() == ROWS.tolist()


def test_volatility_is_the_root_mean_square_of_the_last_known_one_bar_returns(panel: Panel) -> None:
    found = trailing_volatility(panel)
    for asset, bar in [(0, 1), (0, 7), (0, 100), (1, 31), (1, 34), (1, 45), (2, 259)]:
        ends = [end for end in range(bar - VOLATILITY_BARS + 1, bar + 1) if end > 0 and panel.labelled[asset, end - 1]]
        returns = np.array([panel.forward_return[asset, end - 1, 0] for end in ends])
        assert found[asset, bar] == pytest.approx(np.sqrt((returns.astype("f8") ** 2).mean()), rel=1e-5)


def test_volatility_of_the_first_bar_is_huge_and_of_a_still_price_not_nought(panel: Panel) -> None:
    assert (trailing_volatility(panel)[:, 0] == 1).all()
    still = replace(panel, forward_return=np.zeros_like(panel.forward_return))
    assert (trailing_volatility(still)[:, 5:] == np.float32(LEAST_VOLATILITY)).all()


@pytest.mark.parametrize("bar", [1, 19, 20, 120])
def test_volatility_knows_nothing_of_later_bars(panel: Panel, bar: int) -> None:
    """The return that a row's own forward return begins with is not among those that it is known by."""
    moved = replace(panel, forward_return=panel.forward_return.copy(), labelled=panel.labelled.copy())
    moved.forward_return[:, bar:] *= -30
    moved.labelled[:, bar:] = ~moved.labelled[:, bar:]
    before, after = trailing_volatility(panel), trailing_volatility(moved)
    np.testing.assert_array_equal(before[:, : bar + 1], after[:, : bar + 1])
    assert (before[:, bar + 1] != after[:, bar + 1]).all()
