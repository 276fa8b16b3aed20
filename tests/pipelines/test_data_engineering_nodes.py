"""The node that divides the bars says what it costs to purge windows, and only where that is asked for."""

import logging

import pytest

from trading_hpo.pipelines.data_engineering.nodes import make_folds
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig


@pytest.mark.parametrize("purge_windows", [False, True])
def test_the_cost_of_purging_windows_is_said_and_kept_in_the_table(panel, caplog, purge_windows):
    config = FoldsConfig(scheme="purged_kfold", n_folds=3, min_role_bars=5, purge_windows=purge_windows)
    with caplog.at_level(logging.INFO):
        folds, *_ = make_folds(panel, config, HoldoutConfig(), 4, {})
    said = [record.message for record in caplog.records if record.message.startswith("folds.purge_windows: ")]
    assert len(said) == purge_windows
    assert ("lookback_bars" in folds) == purge_windows
    assert not purge_windows or "features look back 3 bars. Of " in said[0]  # the panel's feature is of no registry
