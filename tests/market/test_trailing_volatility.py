"""How much each asset has moved lately."""

from dataclasses import replace

import numpy as np
import pytest
from tests.makers.panels import laid_out, panel_of

from trading_hpo.market.trailing_volatility import LEAST_VOLATILITY, VOLATILITY_BARS, trailing_volatility
from trading_hpo.types import Panel


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of(n_assets=3, n_bars=260, seed=0)


def volatility_of(panel: Panel) -> np.ndarray:
    return trailing_volatility(panel).reshape(panel.n_assets, panel.n_bars)


def test_volatility_is_the_root_mean_square_of_the_last_one_bar_returns(panel: Panel) -> None:
    found = volatility_of(panel)
    for asset, bar in [(0, 1), (0, 7), (0, 100), (1, 31), (1, 34), (1, 45), (2, 259)]:
        ends = [end for end in range(bar - VOLATILITY_BARS + 1, bar + 1) if end > 0]
        returns = np.array([laid_out(panel, "forward_return")[asset, end - 1, 0] for end in ends])
        assert found[asset, bar] == pytest.approx(np.sqrt((returns.astype("f8") ** 2).mean()), rel=1e-5)


def test_volatility_of_the_first_bar_is_huge_and_of_a_still_price_not_nought(panel: Panel) -> None:
    assert (volatility_of(panel)[:, 0] == 1).all()
    still = replace(panel, forward_return=np.zeros_like(panel.forward_return))
    assert (volatility_of(still)[:, 5:] == np.float32(LEAST_VOLATILITY)).all()


@pytest.mark.parametrize("bar", [1, 19, 20, 120])
def test_volatility_knows_nothing_of_later_bars(panel: Panel, bar: int) -> None:
    """The return that a row's own forward return begins with is not among those that it is known by."""
    moved = replace(panel, forward_return=panel.forward_return.copy())
    moved.forward_return[moved.bar >= bar] *= -30
    before, after = volatility_of(panel), volatility_of(moved)
    np.testing.assert_array_equal(before[:, : bar + 1], after[:, : bar + 1])
    assert (before[:, bar + 1] != after[:, bar + 1]).all()


def test_where_history_begins_changes_no_bit_of_a_row_whose_returns_are_all_known(panel: Panel) -> None:
    """Nor does a misprint long before it: sums that are carried along keep what it has rounded away."""
    moves = laid_out(panel, "forward_return").copy()
    moves[:, 10] = 3e4
    whole = panel_of(n_assets=3, n_bars=260, seed=0, forward_return=moves)
    later = panel_of(n_assets=3, n_bars=200, seed=0, forward_return=moves[:, 60:])
    ours, others = volatility_of(whole)[:, 60 + VOLATILITY_BARS :], volatility_of(later)[:, VOLATILITY_BARS:]
    assert ours.tobytes() == others.tobytes()
