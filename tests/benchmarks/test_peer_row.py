"""Our side and the usual script train the same trials; pairs that were disturbed are not counted."""

import mlflow
import numpy as np
import pytest
from benchmarks import peer
from benchmarks.diary import Entry
from benchmarks.project import Inputs, Stage
from benchmarks.usual import Script, WindowDataset
from tests.makers.panels import laid_out

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.market.panel import open_panel
from trading_hpo.parameters import Parameters
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.evaluation import EvaluationTask, TrialEvaluator
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.training.config import TrainingConfig

EPOCHS, WINDOWS = 4, 256
HPO, BACKTEST = HpoConfig(), BacktestConfig()
TRAINING = TrainingConfig(epochs=EPOCHS, window_bars=2, max_windows_per_epoch=WINDOWS)
SPACES = SearchSpacesConfig(
    common={
        "learning_rate": {"type": "float", "low": 3e-3, "high": 2e-2, "log": True},
        "batch_size": {"type": "categorical", "choices": [32, 64]},
        "early_stopping_patience": {"type": "int", "low": 4, "high": 5},
    },
)


def entry(worker, trial, began, ended):
    return Entry(worker, trial, began, ended, ended - began, 0.0, 0.0, 0.0, 0.0)


@pytest.fixture
def given(panel_file):
    panel = open_panel(panel_file)
    split = build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())
    parameters = Parameters.model_construct(**{"training": TRAINING, "hpo": HPO, "search_spaces": SPACES})
    return Inputs(panel, split, parameters, 2)


@pytest.fixture
def own_mlflow(monkeypatch):
    """What the script sets in this process is put back, in the environment, too."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(mlflow.tracking.fluent, "_active_experiment_id", None)
    yield
    mlflow.set_tracking_uri(None)


@pytest.mark.slow
@pytest.mark.usefixtures("own_mlflow")
def test_the_script_learns_what_our_trials_learn_in_as_many_epochs(given, tmp_path):
    space = SPACES.common
    configurations = peer.drawn(given, space, 2)
    script = Script(given, "mlp", space, EPOCHS, WINDOWS)
    scores = []
    objective = script.objective
    script.objective = lambda trial: scores.append(objective(trial)) or scores[-1]
    usual = script.run(tmp_path, configurations)
    assert usual.parameters == configurations
    assert usual.epochs == [2 * EPOCHS] * 2
    task = EvaluationTask("mlp", given.split, TRAINING, BACKTEST, ("mcc",), (), 2, given.parameters.hpo.seed, "")
    evaluator = TrialEvaluator(task, given.panel)
    for configuration, score in zip(configurations, scores, strict=True):
        *_, ours = evaluator.outcomes(configuration, should_stop=lambda: False)
        assert score == pytest.approx(ours.values[0], abs=0.15)  # the same but for the order of the batches
        assert ours.values[0] > 0.3  # there is something to learn


def test_a_window_ends_at_its_row_and_holds_nothing_later(given):
    panel = given.panel
    row = panel.n_bars + 7  # of the second asset
    window, asset, target = WindowDataset(panel.features, panel, np.asarray([row]), 3)[0]
    assert (window.numpy() == laid_out(panel, "features")[1, 5:8]).all()
    assert (asset, target) == (1, laid_out(panel, "target")[1, 7])


def test_our_time_leaves_out_the_start_of_the_first_worker_only():
    entries = [entry(1, 0, 6, 6), entry(2, 0, 8, 8), entry(1, 1, 6, 20), entry(2, 1, 8, 30)]
    assert peer.seconds_of(Stage(began=1.0, asked=2.0, ended=33.0, entries=entries)) == 1 + 27


@pytest.mark.parametrize(
    ("undisturbed", "kept"),
    [([True] * 3, [0, 1, 2]), ([False, True, True, False, True], [1, 2, 4]), ([False] * 5, [0, 1, 2, 3, 4])],
)
def test_disturbed_pairs_are_tried_again_but_not_for_ever(monkeypatch, tmp_path, undisturbed, kept):
    pairs = iter([peer.Pair(float(number), good) for number, good in enumerate(undisturbed)])
    turns = []

    def pair(project, model_type, size, ours_first):
        turns.append(ours_first)
        return next(pairs)

    monkeypatch.setattr(peer, "_pair", pair)
    monkeypatch.setattr(peer, "quiet", lambda **_: 0.0)
    monkeypatch.setattr(peer, "default_workers", lambda: 2)
    monkeypatch.setattr(peer, "SIZES", {"mlp": peer.SIZES["mlp"]})
    (row,) = peer.rows(tmp_path)
    assert row.values == kept
    assert turns == [number % 2 == 0 for number in range(len(undisturbed))]
