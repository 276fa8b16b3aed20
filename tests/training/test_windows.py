from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.makers.panels import laid_out

from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import BarRange, Panel

MakePanel = Callable[..., Panel]


def slow_batch(panel: Panel, rows: np.ndarray, window_bars: int) -> tuple[np.ndarray, np.ndarray]:
    """The obvious twin: slices asset by asset, row by row."""
    windows, assets = [], []
    for row in rows:
        asset, bar = int(panel.asset[row]), int(panel.bar[row])
        own = np.flatnonzero((panel.asset == asset) & (panel.bar <= bar))[-window_bars:]
        windows.append(panel.features[own])
        assets.append(asset)
    return np.stack(windows), np.array(assets)


@pytest.mark.parametrize("window_bars", [1, 2, 7, 20])
def test_batch_equals_slices_of_the_panel(make_panel: MakePanel, window_bars: int) -> None:
    panel = make_panel(n_assets=4, n_bars=50, n_features=5)
    panel.observed[50 + 20] = False
    rows = panel.rows((BarRange(0, 30), BarRange(35, 50)), window_bars)
    rows = np.random.default_rng(0).permutation(rows)
    assert len(np.unique(panel.asset[rows])) == 4
    batch, asset = Windows(panel, window_bars).batch(torch.from_numpy(rows))
    windows, assets = slow_batch(panel, rows, window_bars)
    assert batch.dtype == torch.float32
    np.testing.assert_array_equal(batch.numpy(), windows)
    np.testing.assert_array_equal(asset.numpy(), assets)


def test_first_row_of_every_asset_has_a_window_of_its_own(make_panel: MakePanel) -> None:
    panel = make_panel(n_assets=3, n_bars=30)
    rows = np.array([asset * 30 + 4 for asset in range(3)])
    batch, asset = Windows(panel, 5).batch(torch.from_numpy(rows))
    np.testing.assert_array_equal(batch.numpy(), laid_out(panel, "features")[:, :5])
    assert asset.tolist() == [0, 1, 2]


def test_a_window_may_be_as_long_as_the_panel(make_panel: MakePanel) -> None:
    panel = make_panel(n_assets=1, n_bars=12)
    batch, _ = Windows(panel, 12).batch(torch.tensor([11]))
    np.testing.assert_array_equal(batch.numpy()[0], panel.features)


def test_panel_is_viewed_and_not_copied(make_panel: MakePanel) -> None:
    panel = make_panel(n_bars=30)
    windows = Windows(panel, 5)
    panel.features[10] = 7.0
    assert (windows.batch(torch.tensor([10]))[0][0, -1] == 7.0).all()


@pytest.mark.parametrize("window_bars", [1, 5])
def test_scaling_a_batch_leaves_the_panel_alone(make_panel: MakePanel, window_bars: int) -> None:
    panel = make_panel()
    before = panel.features.copy()
    rows = panel.rows((BarRange(0, 100),), window_bars)
    scaler = Scaler.fit(panel, rows, clip=8.0)
    windows = Windows(panel, window_bars)
    for part in np.array_split(rows, 3):
        scaler(windows.batch(torch.from_numpy(part))[0])
    scaler(windows.batch(torch.from_numpy(rows[:1]))[0])
    np.testing.assert_array_equal(panel.features, before)


def test_scaler_gives_train_rows_mean_zero_and_spread_one(make_panel: MakePanel) -> None:
    panel = make_panel()
    rows = panel.rows((BarRange(10, 150),), 1)
    scaler = Scaler.fit(panel, rows, clip=100.0)
    scaled = scaler(Windows(panel, 1).batch(torch.from_numpy(rows))[0])[:, 0].double()
    torch.testing.assert_close(scaled.mean(0), torch.zeros(3).double(), atol=1e-4, rtol=0)
    torch.testing.assert_close(scaled.std(0, correction=0), torch.ones(3).double(), atol=1e-4, rtol=0)


def test_scaler_sees_the_given_rows_only(make_panel: MakePanel) -> None:
    panel = make_panel()
    rows = panel.rows((BarRange(10, 150),), 1)
    others = np.setdiff1d(np.arange(panel.n_rows), rows)
    moved = replace(panel, features=panel.features.copy())
    moved.features[others] = 1e6
    before, after = Scaler.fit(panel, rows, 8.0), Scaler.fit(moved, rows, 8.0)
    assert torch.equal(before.mean, after.mean)
    assert torch.equal(before.spread, after.spread)
    moved.features[rows[0]] = 1e6
    assert not torch.equal(before.mean, Scaler.fit(moved, rows, 8.0).mean)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e5, 1e30])
def test_a_feature_that_never_moves_becomes_zero(make_panel: MakePanel, value: float) -> None:
    panel = make_panel()
    panel.features[:, 1] = value
    rows = panel.rows((BarRange(0, 200),), 1)
    scaler = Scaler.fit(panel, rows, 8.0)
    scaled = scaler(Windows(panel, 1).batch(torch.from_numpy(rows))[0])
    assert (scaled[..., 1] == 0).all()
    assert scaled[..., 0].std() > 0.9


def test_scaler_is_exact_where_the_mean_dwarfs_the_spread(make_panel: MakePanel) -> None:
    """A mean taken in single precision would be off by more than the spread."""
    panel = make_panel(n_assets=8, n_bars=2000)
    panel.features[:, 1] = 4096.0 + np.sign(panel.features[:, 1] - 5.0)
    rows = panel.rows((BarRange(0, 2000),), 1)
    scaler = Scaler.fit(panel, rows, 8.0)
    assert scaler.mean[1] == pytest.approx(panel.features[rows, 1].astype(float).mean(), abs=5e-4)
    assert scaler.spread[1] == pytest.approx(1.0, abs=1e-3)


def test_scaled_features_are_clipped_on_both_sides() -> None:
    scaler = Scaler(torch.tensor([1.0]), torch.tensor([2.0]), clip=3.0)
    scaled = scaler(torch.tensor([[[-1e9], [-5.0], [1.0], [3.0], [7.0], [1e9]]]))
    assert scaled.flatten().tolist() == [-3.0, -3.0, 0.0, 1.0, 3.0, 3.0]
