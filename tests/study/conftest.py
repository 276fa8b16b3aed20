from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.makers.trials import known_trials

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.market.panel import open_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.phases import Phases
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.reoptimise import grown
from trading_hpo.study.search import Search
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel

SPACES = SearchSpacesConfig(
    common={
        "learning_rate": {"type": "float", "low": 1e-4, "high": 1e-1, "log": True},
        "batch_size": {"type": "categorical", "choices": [32, 64]},
    },
    mlp={"hidden_dim_1": {"type": "int", "low": 4, "high": 16}, "hidden_dim_2": {"type": "int", "low": 4, "high": 16}},
)
TRAINING = TrainingConfig(epochs=3, window_bars=2, max_windows_per_epoch=256)
TWO_FOLDS = FoldsConfig(n_folds=2, embargo_bars=2)

RunSearch = Callable[..., StudyStorage]


@pytest.fixture
def search(panel_file: Path, tmp_path: Path) -> RunSearch:
    """Search the planted panel with a small MLP; keyword arguments go to the group `hpo`."""
    panel = open_panel(panel_file)

    def run(
        name: str = "study",
        training: TrainingConfig = TRAINING,
        file: str = "studies.db",
        folds: FoldsConfig = TWO_FOLDS,
        **hpo: Any,
    ) -> StudyStorage:
        split = build_split(panel, folds, HoldoutConfig())
        storage = StudyStorage(f"sqlite:///{tmp_path / file}")
        config = HpoConfig(**{"n_trials": 6, "workers": 1, "pruner": "none", **hpo})
        Search.of("mlp", name, panel, split, SPACES, training, BacktestConfig(), config, tmp_path / "tensorboard").run(
            storage
        )
        return storage

    return run


@pytest.fixture
def phased(panel_file: Path, tmp_path: Path) -> Callable[..., StudyRef]:
    """Search the planted panel, or another, in phases, without training; keyword arguments go to the group `hpo`."""

    def run(
        name: str = "study.mlp",
        panel: Panel | None = None,
        spaces: SearchSpacesConfig = SPACES,
        trained: bool = False,
        **hpo: Any,
    ) -> StudyRef:
        panel = panel or open_panel(panel_file)
        config = HpoConfig(**{"n_trials": 6, "workers": 1, "pruner": "none", "sampler": "random", **hpo})
        storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
        ref = StudyRef(name, storage, phases=tuple(phase.name for phase in config.phases))
        ref = grown(ref, panel) if config.reoptimise else ref
        split = build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())
        phases = Phases.of(
            ref, config, panel=panel, split=split, spaces=spaces, training=TRAINING, backtest=BacktestConfig()
        )
        if not trained:
            phases = replace(phases, first=replace(phases.first, make=known_trials))
        phases.check(storage)
        phases.run(storage)
        return ref

    return run
