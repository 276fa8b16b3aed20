from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.makers.panels import panel_of

from trading_hpo.families.tabular.columns import Columns
from trading_hpo.types import BarRange, Panel

L = 4
WAYS = ("last", "averages", "window")


@pytest.fixture
def panel() -> Panel:
    """Two assets of eight bars; the first feature counts bars, the second is ten times its square."""
    counted = np.arange(16, dtype="f4").reshape(2, 8)
    return panel_of(2, 8, features=np.stack([counted, 10 * counted**2], axis=2))


def unscaled(panel: Panel, rows: np.ndarray, lags: str) -> np.ndarray:
    made, _ = Columns.fit(panel, rows, lags, L, clip=1e9)
    values = made.of_rows(panel, rows)[:, : len(made.mean)]
    return values * made.spread + made.mean


@pytest.mark.parametrize(
    ("lags", "expected"),
    [
        ("last", [5, 250]),
        ("averages", [5, 250, (5 + 4 + 3 + 2) / 4, 10 * (25 + 16 + 9 + 4) / 4]),  # a week is as long as the window
        ("window", [5, 250, 4, 160, 3, 90, 2, 40]),
    ],
)
def test_columns_are_the_features_of_the_bars_that_are_asked_for(
    panel: Panel, lags: str, expected: list[float]
) -> None:
    rows = panel.rows((panel.all_bars,), L)
    np.testing.assert_allclose(unscaled(panel, rows, lags)[rows == 5][0], expected)


@pytest.mark.parametrize("lags", WAYS)
def test_every_column_has_a_name_and_every_asset_a_column(panel: Panel, lags: str) -> None:
    rows = panel.rows((panel.all_bars,), L)
    made, _ = Columns.fit(panel, rows, lags, L, clip=8.0)
    names, values = made.names(["count", "square"]), made.of_rows(panel, rows)
    assert len(set(names)) == len(names) == values.shape[1] - 2
    assert made.n_columns == values.shape[1]
    np.testing.assert_array_equal(values[:, -2:], np.eye(2)[panel.asset[rows]])


@pytest.mark.parametrize("lags", WAYS)
def test_train_rows_give_the_scale_and_values_beyond_it_are_clipped(
    make_panel: Callable[..., Panel], lags: str
) -> None:
    panel = make_panel()
    train, later = panel.rows((BarRange(0, 100),), L), panel.rows((BarRange(100, 260),), L)
    made, of_train = Columns.fit(panel, train, lags, L, clip=2.0)
    np.testing.assert_array_equal(of_train, made.of_rows(panel, train))
    free = replace(made, clip=1e9).of_rows(panel, train)[:, :-3]
    np.testing.assert_allclose(free.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(free.std(axis=0), 1)
    assert np.abs(free).max() > 2 == np.abs(made.of_rows(panel, train)).max()
    moved = panel.features.copy()
    moved[later] += 1e3
    other, _ = Columns.fit(replace(panel, features=moved), train, lags, L, clip=2.0)
    np.testing.assert_array_equal(other.mean, made.mean)
    np.testing.assert_array_equal(other.spread, made.spread)


def test_a_feature_that_never_moves_is_zero() -> None:
    panel = panel_of(1, 8, features=np.full((1, 8, 1), 7.0, "f4"))
    rows = panel.rows((panel.all_bars,), L)
    values = Columns.fit(panel, rows, "averages", L, clip=8.0)[0].of_rows(panel, rows)
    np.testing.assert_array_equal(values[:, :-1], 0)


@pytest.mark.parametrize("lags", WAYS)
def test_a_row_has_the_same_bits_in_a_window_alone_and_in_a_panel_that_begins_later(
    make_panel: Callable[..., Panel], lags: str
) -> None:
    panel = make_panel(n_assets=1)
    rows = panel.rows((BarRange(100, 200),), L)
    made, _ = Columns.fit(panel, rows, lags, L, clip=8.0)
    expected = made.of_rows(panel, rows)
    windows = panel.features[rows[:, None] + np.arange(1 - L, 1)]
    np.testing.assert_array_equal(made.of_windows(windows, panel.asset[rows]), expected)
    np.testing.assert_array_equal(made.of_rows(panel, rows[40:41]), expected[40:41])
    later = replace(
        panel,
        **{
            name: getattr(panel, name)[50:]
            for name in ("features", "forward_return", "target", "label_end", "observed", "labelled", "asset", "bar")
        },
    )
    np.testing.assert_array_equal(made.of_rows(later, rows - 50), expected)
