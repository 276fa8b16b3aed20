"""Studies on a real PostgreSQL server, started from a package."""

from pathlib import Path

import pytest

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.store.optuna_tables import place_of
from trading_hpo.engine.store.payloads import KeptRow, trial_payloads
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StorageError
from trading_hpo.market.panel import open_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.search import Search
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.training.config import TrainingConfig

pytestmark = pytest.mark.slow

SPACES = SearchSpacesConfig(common={"learning_rate": {"type": "float", "low": 1e-3, "high": 1e-1, "log": True}})
TRAINING = TrainingConfig(epochs=2, window_bars=2, max_windows_per_epoch=128)


def search(storage: StudyStorage, panel_file: Path, n_trials: int) -> list[tuple[object, ...]]:
    panel = open_panel(panel_file)
    split = build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())
    hpo = HpoConfig(n_trials=n_trials, workers=1, pruner="none")
    Search.of("mlp", "study", panel, split, SPACES, TRAINING, BacktestConfig(), hpo).run(storage)
    trials = StudyRef("study", storage).open().trials
    return [(trial.number, trial.state.name, trial.value, trial.params) for trial in trials]


def test_a_search_on_a_server_resumes_and_equals_one_in_a_file(database, panel_file, tmp_path):
    search(database, panel_file, 2)
    resumed, in_a_file = search(database, panel_file, 4), StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    assert resumed == search(in_a_file, panel_file, 4)
    assert returns(database) == returns(in_a_file)


def returns(storage: StudyStorage) -> list[KeptRow]:
    return list(trial_payloads(*place_of(StudyRef("study", storage).open())))


def test_a_study_on_a_server_is_searched_by_one_process_at_a_time(database):
    database.check()
    with database.exclusive("held"), pytest.raises(StorageError, match="is being searched"), database.exclusive("held"):
        pass
    with database.exclusive("held"):
        pass
