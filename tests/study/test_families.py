"""The search takes any family: here one that guesses, has no epochs and lives in no file."""

import sys
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import Field

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.configuration import Config
from trading_hpo.engine.candidate import Candidate
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import ConfigurationError, OverLimitError
from trading_hpo.families.family import Costs, Family, FoldScore
from trading_hpo.families.judgement import judge
from trading_hpo.families.registry import MODEL_TYPES, ModelType
from trading_hpo.market.panel import open_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.evaluation import TrialEvaluator
from trading_hpo.study.phases import Phases
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.search import Search
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.training.config import TrainingConfig

SPACES = SearchSpacesConfig(common={"learning_rate": {"type": "float", "low": 0.1, "high": 0.2}})
TRAINING = TrainingConfig(epochs=3, window_bars=2)


class GuessConfig(Config):
    search_space: ClassVar[dict[str, Any]] = {"bias": {"type": "float", "low": 0.1, "high": 0.9}}

    bias: float = Field(default=0.5, ge=0, le=1)


class Guesses(Family):
    def shared(self, data):
        return data.panel.n_assets

    def costs(self, parameters, data, wanted):
        return Costs({name: 2.0 for name in ("model_size_mb",) if name in wanted})

    def fit_fold(self, parameters, fold, data, shared, should_stop):
        rows = data.folds[fold].traded
        score = np.where(rows % 2 == 0, parameters["bias"], -parameters["bias"])
        judged = judge(data.panel, rows, Forecast(score), Decision(0.0), data.backtest)
        traded = (judged.returns, judged.bars, judged.exposure)
        yield FoldScore(fold, 1, 1, 0.0, judged.metrics, 0.5, 0.0, 0.0, (), True, *traded)


@pytest.fixture(autouse=True)
def guess(monkeypatch):
    monkeypatch.setitem(sys.modules, "guesses_of_mine", SimpleNamespace(GUESSES=Guesses()))
    declared = ModelType("guesses_of_mine:GUESSES", GuessConfig, has_epochs=False)
    monkeypatch.setitem(MODEL_TYPES._entries, "guess", declared)


@pytest.fixture
def search_of(panel_file):
    panel = open_panel(panel_file)
    split = build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())

    def make(**hpo):
        config = HpoConfig(**{"n_trials": 1, "models_to_optimize": ["mlp", "guess"], **hpo})
        return Search.of("guess", "study.guess", panel, split, SPACES, TRAINING, BacktestConfig(), config), panel

    return make


def test_a_model_type_is_searched_by_its_own_default_space_and_without_what_others_share(search_of):
    search, _ = search_of()
    assert list(search.space) == ["bias"]
    assert "guess" in HpoConfig().models_to_optimize


def test_a_default_space_that_cannot_be_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(GuessConfig, "search_space", {"bias": {"type": "float", "low": 0.1, "high": 1.9}})
    with pytest.raises(ConfigurationError) as refused:
        SPACES.of("guess")
    assert refused.value.problems == ["search_spaces.guess.bias must be less than or equal to 1, got 1.9."]


@pytest.mark.parametrize(("fold_order", "steps"), [("lockstep", [1]), ("sequential", [1, 2])])
def test_a_family_without_epochs_reports_once_a_fold(search_of, fold_order, steps):
    search, panel = search_of(fold_order=fold_order, pruner="none")
    reports = list(TrialEvaluator(search.task, panel).evaluate(Candidate(0, {"bias": 0.3}), lambda: False))
    assert [report.step for report in reports] == steps
    assert reports[-1].finished
    assert reports[-1].cost == {"epochs": 2.0, "training_time_s": 1.0, "model_size_mb": 2.0}


def test_limits_hold_for_any_family(search_of):
    search, panel = search_of(limits={"max_model_size_mb": 1})
    with pytest.raises(OverLimitError, match=r"2\.00 MB, hpo\.limits\.max_model_size_mb is 1"):
        next(TrialEvaluator(search.task, panel).evaluate(Candidate(0, {"bias": 0.3}), lambda: False))


@pytest.mark.parametrize(("asked", "used"), [("median", "none"), ("hyperband", "none"), ("none", "none")])
def test_without_epochs_no_pruner_judges_them(search_of, asked, used):
    assert search_of(pruner=asked)[0].pruner.name == used


def test_what_judges_folds_needs_no_epochs(search_of):
    assert search_of(pruner="wilcoxon", fold_order="sequential")[0].pruner.name == "wilcoxon"


def test_that_the_pruner_is_not_used_is_said_once(search_of, panel_file, tmp_path, caplog):
    _, panel = search_of()
    split = build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())
    caplog.set_level("INFO")
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    hpo = HpoConfig(models_to_optimize=["guess"], pruner="median")
    settings = {"spaces": SPACES, "training": TRAINING, "backtest": BacktestConfig()}
    Phases.of(StudyRef("a.guess", storage), hpo, panel=panel, split=split, **settings).check(storage)
    assert [record.message for record in caplog.records] == ["guess has no epochs: pruner median is not used."]


def test_the_first_search_starts_the_process_that_the_workers_of_all_are_forked_from(search_of):
    search, _ = search_of()
    assert {"guesses_of_mine", *MODEL_TYPES["mlp"].modules} <= set(search._preloaded)
    assert not set(MODEL_TYPES["linear"].modules) & set(search._preloaded)


@pytest.mark.parametrize("pruner", ["hyperband", {"name": "patient", "wrapped": "hyperband"}])
def test_hyperband_is_refused_where_nothing_that_is_searched_has_epochs(pruner):
    with pytest.raises(ValueError, match="cannot go with linear and guess alone: there are no epochs to give more or"):
        HpoConfig(models_to_optimize=["linear", "guess"], pruner=pruner)
    assert HpoConfig(models_to_optimize=["mlp", "guess"], pruner=pruner).pruner.name != "none"
