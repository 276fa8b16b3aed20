"""A kept panel, its folds, and what a search of it would have recorded."""

import pytest

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.market.kept_panels import KeptPanels
from trading_hpo.market.panel import open_panel, panel_digest
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study.conditions import search_fingerprint
from trading_hpo.study.config import HpoConfig
from trading_hpo.training.config import TrainingConfig

WINDOW = 2
TRAINING = TrainingConfig(epochs=2, window_bars=WINDOW, max_windows_per_epoch=64)
TERMS = {"folds": {"stop_fraction": 0.25}, "holdout": {"fraction": 0.2}, "training": TRAINING.compared()}


@pytest.fixture
def panel(panel_file):
    return open_panel(panel_file)


@pytest.fixture
def panels(panel, tmp_path):
    kept = KeptPanels(tmp_path / "kept")
    kept.keep(panel)
    return kept


@pytest.fixture
def split(panel):
    return build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())


@pytest.fixture
def found(panel, split):
    conditions = search_fingerprint(panel, split, {}, WINDOW, HpoConfig(), TRAINING, BacktestConfig())
    return {
        "study_name": "test.mlp",
        "metric": "mcc",
        "best": {"trial_number": 3, "value": 0.1, "params": {"hidden_dim_1": 4}},
        "panel_digest": panel_digest(panel),
        "searched_until": panel.timestamps[478].isoformat(),
        "conditions": conditions,
        "terms": TERMS,
    }
