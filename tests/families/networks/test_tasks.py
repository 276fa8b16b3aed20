"""Every task goes from bars through folds, the final training and its file to forecasts, positions and metrics."""

from dataclasses import replace

import numpy as np
import pytest
from tests.market.conftest import make_bars  # noqa: F401 - a fixture

from trading_hpo.analysis.holdout import baselines, judge_holdout
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import FinalData, Rows
from trading_hpo.families.networks.final import TrainedNetwork, train_final
from trading_hpo.families.networks.fitting import Fitting, Recipe
from trading_hpo.families.networks.fold import fit_fold
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel, open_panel, save_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import TASKS, label_of, task_of
from trading_hpo.tasks.uniqueness import uniqueness
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.windows import Windows

L = 3
ONE_EPOCH = TrainingConfig(epochs=1, window_bars=L)
PARAMETERS = {"learning_rate": 1e-2, "batch_size": 64, "hidden_dim_1": 8, "hidden_dim_2": 4}
COSTS = BacktestConfig(cost_bps=5.0)


@pytest.fixture
def world(make_bars, tmp_path):  # noqa: F811
    """What data engineering makes of 300 random bars of two assets."""

    def made(kind, **options):
        config = LabelsConfig(kind=kind, median_bars=20, **options)
        bars = make_bars(300)
        features = build_features(bars, FeaturesConfig(names=("return_1", "bar_range")))
        panel = build_panel(features, build_labels(bars, config), label_of(config.task), 252.0)
        save_panel(panel, tmp_path / "panel.safetensors")
        panel = open_panel(tmp_path / "panel.safetensors")
        return panel, build_split(panel, FoldsConfig(n_folds=2, min_role_bars=10), HoldoutConfig())

    return made


def rows_of(panel, split, fold):
    train, stop, validation = (split.rows(panel, fold, role, L) for role in ("train", "stop", "validation"))
    return Rows(train, stop, validation, panel.windowed_rows(fold.validation, L))


def fold_scores(panel, split, **training):
    recipe = Recipe.of("mlp", PARAMETERS, panel, ONE_EPOCH.model_copy(update=training), seed=0)
    for fold in split.folds:
        *_, last = fit_fold(recipe, panel, Windows(panel, L), fold.number, rows_of(panel, split, fold), COSTS, bool)
        yield last


@pytest.mark.parametrize("kind", TASKS)
def test_a_task_goes_all_the_way(world, kind, tmp_path):
    panel, split = world(kind)
    task = task_of(panel.label)
    for score in fold_scores(panel, split):
        assert score.metrics[task.objective] is not None
        assert score.metrics["sharpe"] is not None
        assert np.isfinite(score.returns).all()
    before = split.search_rows(panel, L)
    stop = before[panel.bar[before] >= split.search.stop - 40]
    train = before[panel.label_end[before] < split.search.stop - 40]
    trained = train_final(FinalData("mlp", panel, train, stop, ONE_EPOCH, COSTS, 0), PARAMETERS, {})
    trained.save(tmp_path)
    loaded = TrainedNetwork.load(tmp_path)
    rows = panel.windowed_rows((split.holdout,), L)
    first, again = trained.forecast(panel, rows), loaded.forecast(panel, rows)
    assert first.score.tobytes() == again.score.tobytes()
    assert np.isfinite(first.expected).all()
    look = judge_holdout(loaded, panel, split, L, COSTS)
    assert look.result["forecast_test"]["metric"] == task.objective
    assert look.result["metrics"][task.objective] is not None
    assert baselines(panel, split, L, COSTS)["holdout"]["constant_forecast"]["sharpe"] is not None


def targets_of(panel, rows):
    recipe = Recipe.of("mlp", PARAMETERS, panel, ONE_EPOCH, seed=0)
    return Fitting(recipe, panel, Windows(panel, L), 0, rows.train, rows.stop)._targets


def test_labels_of_a_role_weigh_by_what_they_share_with_that_role_alone(world):
    panel, split = world("triple_barrier")
    rows = rows_of(panel, split, split.folds[1])
    weight = targets_of(panel, rows).weight.numpy()
    for role in (rows.train, rows.stop):
        np.testing.assert_array_equal(weight[role], uniqueness(panel, role).astype("f4"))
    others = np.setdiff1d(np.arange(panel.n_rows), np.concatenate([rows.train, rows.stop]))
    assert (weight[others] == 0).all()
    assert weight[rows.train].std() > 0.05  # they do differ
    moved = np.isin(np.arange(panel.n_rows), rows.validation)
    other = replace(panel, label_end=np.where(moved, panel.label_end + 1, panel.label_end))
    assert targets_of(other, rows).weight.numpy().tobytes() == weight.tobytes()


@pytest.mark.parametrize("kind", ["direction", "forward_return", "volatility", "joint", "path"])
def test_labels_of_other_tasks_count_the_same(world, kind):
    panel, split = world(kind)
    assert targets_of(panel, rows_of(panel, split, split.folds[0])).weight is None


@pytest.mark.parametrize("loss", ["focal", "cross_entropy"])
def test_training_and_stopping_follow_the_weights(world, loss, monkeypatch):
    panel, split = world("triple_barrier")
    weighed = [(score.train_loss, score.stop_loss) for score in fold_scores(panel, split, loss=loss)]
    monkeypatch.setattr(TASKS["triple_barrier"], "weights", lambda *_: None)
    for (train, stop), score in zip(weighed, fold_scores(panel, split, loss=loss), strict=True):
        assert train != score.train_loss
        assert stop != score.stop_loss
