"""How far features look back, and what it costs to purge the rows that look back at validation labels."""

from dataclasses import replace

import numpy as np
import pytest
from tests.makers.panels import panel_of

from trading_hpo.market.features.registry import FEATURES
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.splits.lookback import cost_in_words, lookback_bars


def panel_with(*names, **fields):
    return replace(panel_of(n_features=len(names), **fields), feature_names=names)


def test_a_row_reads_the_history_of_its_longest_feature_at_the_first_bar_of_its_window():
    assert FEATURES["ma_distance_200"].warmup_bars == 199
    assert lookback_bars(panel_with("return_1", "ma_distance_200"), window_bars=20) == 199 + 19
    assert lookback_bars(panel_with("return_1"), window_bars=1) == FEATURES["return_1"].warmup_bars


def test_a_column_of_no_feature_is_known_at_its_own_bar():
    assert lookback_bars(panel_with("my_own"), window_bars=5) == 4


def test_an_asset_looks_back_so_many_bars_of_its_own_and_no_further_than_its_first():
    present = np.ones((2, 40))
    present[1, 10:20] = 0
    panel = panel_of(present=present)
    seen = panel.first_seen(5)
    whole, torn = seen[panel.asset == 0], seen[panel.asset == 1]
    assert whole.tolist() == [0] * 5 + list(range(35))
    assert torn[:6].tolist() == [0, 0, 0, 0, 0, 0]
    assert torn[10:15].tolist() == [5, 6, 7, 8, 9]  # of bars 20 to 24: five own bars before lie before the hole


@pytest.mark.parametrize(("scheme", "lost"), [("walk_forward", 0), ("blocked", 0), ("purged_kfold", 3)])
def test_the_line_says_how_many_rows_of_train_and_stop_are_lost(scheme, lost):
    # Each of the first three of four blocks is followed by 12 - 2 rows more that read its labels: the embargo of 2 is
    # waited for anyway.
    panel = panel_of(1, 500)
    config = FoldsConfig(scheme=scheme, n_folds=4, embargo_bars=2, min_role_bars=5)
    whole, purged = (build_split(panel, config, HoldoutConfig(), lookback) for lookback in (0, 12))
    counts = [
        sum(len(split.rows(panel, fold, role, 1)) for fold in split.folds for role in ("train", "stop"))
        for split in (whole, purged)
    ]
    assert counts[0] - counts[1] == lost * 10
    said = cost_in_words(panel, purged, whole, 1)
    assert said.startswith("folds.purge_windows: features look back 12 bars. Of ")
    assert f"{counts[0]:,} rows of train and stop, over all folds, {lost * 10} are left out" in said
