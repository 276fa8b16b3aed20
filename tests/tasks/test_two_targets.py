"""A plug-in's task of two targets goes all the way: labels, panel, folds, loss, forecast, positions, metrics, files."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from trading_hpo.analysis.holdout import baselines, judge_holdout
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import FinalData
from trading_hpo.families.networks.final import TrainedNetwork, train_final
from trading_hpo.families.networks.fold import Recipe, Rows, fit_fold
from trading_hpo.market.panel import build_panel, open_panel, save_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.splits.samples import check_samples
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.number_task import NumberTask
from trading_hpo.tasks.registry import TASKS, label_of, task_of
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.windows import Windows

L = 3
TRAINING = TrainingConfig(epochs=60, window_bars=L, loss="mse")
PARAMETERS = {"learning_rate": 1e-2, "batch_size": 64, "hidden_dim_1": 16, "hidden_dim_2": 8}
COSTS = BacktestConfig(cost_bps=5.0, positions="long_short")


class ReturnAndMove(NumberTask):
    """The return over the next H bars, and its size in percent."""

    name: ClassVar[str] = "return_and_move"
    n_targets: ClassVar[int] = 2

    def build(self, bars):
        forward = (bars["close"].shift(-self.horizon_bars) / bars["close"] - 1).to_numpy()
        return np.stack([forward, 100 * np.abs(forward)], axis=1)


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    entries = TASKS._entries.copy()
    monkeypatch.setattr(TASKS, "_entries", entries)
    TASKS.add("return_and_move", ReturnAndMove)


@pytest.fixture
def tables():
    """Bars whose next move follows the sign of a feature and whose size follows another."""
    random = np.random.default_rng(0)
    parts = []
    for asset in ("A", "B"):
        signal, size = random.normal(size=(2, 500))
        moves = 0.01 * np.sign(signal) * np.where(size > 0, 1.5, 0.5) + 0.003 * random.normal(size=500)
        close = 100 * np.cumprod(np.concatenate([[1.0], 1 + moves[:-1]]))
        days = pd.date_range("2015-01-01", periods=500, tz="UTC").as_unit("ns")
        parts.append(pd.DataFrame({"timestamp": days, "asset": asset, "close": close, "signal": signal, "size": size}))
    bars = pd.concat(parts, ignore_index=True)
    return bars[["timestamp", "asset", "close"]], bars[["timestamp", "asset", "signal", "size"]]


@pytest.fixture
def panel(tables, tmp_path):
    bars, features = tables
    config = LabelsConfig(kind="return_and_move")
    labels = build_labels(bars, config)
    assert labels.columns.tolist() == ["timestamp", "asset", "target_1", "target_2", "label_end", "forward_return_1"]
    save_panel(build_panel(features, labels, label_of(config.task), 252.0), tmp_path / "panel.safetensors")
    return open_panel(tmp_path / "panel.safetensors")


@pytest.fixture
def split(panel):
    return build_split(panel, FoldsConfig(n_folds=2), HoldoutConfig())


def test_the_panel_rebuilds_the_task_and_has_both_targets(panel):
    assert task_of(panel.label) == ReturnAndMove()
    rows = panel.rows((panel.all_bars,), L)
    targets = panel.target[rows]
    assert targets.shape == (len(rows), 2)
    np.testing.assert_allclose(targets[:, 1], 100 * np.abs(targets[:, 0]), rtol=1e-4)
    np.testing.assert_array_equal(targets[:, 0], panel.forward_return[rows][:, 0])


def test_folds_learn_both_targets_and_are_judged_and_traded_by_the_first(panel, split):
    check_samples(panel, split, L)
    recipe = Recipe.of("mlp", PARAMETERS, panel, TRAINING, seed=0)
    assert recipe.architecture.n_outputs == 2
    for fold in split.folds:
        train, stop, validation = (panel.rows(fold.role(role), L) for role in ("train", "stop", "validation"))
        rows = Rows(train, stop, validation, validation)
        *_, last = fit_fold(recipe, panel, Windows(panel, L), fold.number, rows, COSTS, lambda: False)
        assert last.metrics["r2"] > 0.5
        assert last.metrics["mcc"] > 0.7
        assert last.metrics["sharpe"] > 5


def test_a_final_network_forecasts_both_in_their_units_and_survives_its_files(panel, split, tmp_path):
    before = panel.rows((split.search,), L)
    data = FinalData("mlp", panel, before[:-60], before[-60:], TRAINING, COSTS, 0)
    network = train_final(data, PARAMETERS, {})
    network.save(tmp_path / "network")
    network = TrainedNetwork.load(tmp_path / "network")
    rows = panel.rows((split.holdout,), L)
    forecast, targets = network.forecast(panel, rows), panel.target[rows]
    for place in (0, 1):
        correlation = np.corrcoef(forecast.values[:, place], targets[:, place])[0, 1]
        assert correlation > 0.65
        # A forecast of what can be known moves less than what is observed.
        assert forecast.values[:, place].std() == pytest.approx(correlation * targets[:, place].std(), rel=0.3)
    look = judge_holdout(network, panel, split, L, COSTS)
    assert look.result["metrics"]["mcc"] > 0.7
    assert look.result["look"]["label"]["kind"] == "return_and_move"
    np.testing.assert_array_equal(look.forecasts["forecast"], forecast.values[:, 0])
    np.testing.assert_array_equal(look.forecasts["target"], targets[:, 0])


def test_the_constant_forecast_is_the_mean_of_each_target(panel, split):
    rows = panel.rows((split.search,), L)
    forecast, _ = task_of(panel.label).baseline(panel.target[rows], 4)
    np.testing.assert_allclose(forecast.values, np.tile(panel.target[rows].mean(axis=0), (4, 1)), rtol=1e-4)
    assert baselines(panel, split, L, COSTS)["holdout"]["constant_forecast"]["r2"] == pytest.approx(0, abs=0.1)
