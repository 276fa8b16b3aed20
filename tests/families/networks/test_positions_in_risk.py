"""What a loss learns as a position in risk is traded as a share of the capital that would move as much."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.makers.panels import panel_of

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import FinalData
from trading_hpo.families.judgement import judge
from trading_hpo.families.networks.final import TrainedNetwork, train_final
from trading_hpo.families.networks.fitting import Fitting, Recipe
from trading_hpo.market.trailing_volatility import trailing_volatility
from trading_hpo.tasks.head import POSITION_IN_RISK, Head
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.training.batch import Batch, PanelTensors
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.losses.sharpe import LEAST_VARIANCE, Sharpe
from trading_hpo.training.windows import Windows
from trading_hpo.types import BarRange, Panel

L, N_BARS = 3, 200
PARAMETERS = {"loss": "sharpe", "batch_size": 64, "hidden_dim_1": 8, "hidden_dim_2": 8}
TRAINING = TrainingConfig(epochs=2, window_bars=L)


@pytest.fixture(scope="module")
def panel() -> Panel:
    """One asset that moves four times as much in its second half, and whose target is its next return."""
    moves = np.random.default_rng(1).normal(0.001, 1.0, (1, N_BARS, 1)) * np.repeat([0.005, 0.02], N_BARS // 2)[:, None]
    label = {"kind": "forward_return", "horizon_bars": 1}
    return panel_of(1, N_BARS, n_features=2, seed=2, forward_return=moves.astype("f4"), target=moves, label=label)


@pytest.fixture(scope="module")
def rows(panel: Panel) -> np.ndarray:
    return panel.rows((BarRange(25, N_BARS - 1),), L)


def by_hand(panel: Panel, row: int) -> float:
    """The root mean square of the last 20 returns that are known at a row's close."""
    return float(np.sqrt(np.mean(panel.forward_return[row - 20 : row, 0].astype(float) ** 2)))


def test_what_is_traded_has_the_sharpe_ratio_that_was_learned(panel: Panel, rows: np.ndarray) -> None:
    output = torch.from_numpy(0.1 * np.random.default_rng(3).normal(size=(len(rows), 1)).astype("f4"))
    loss = Sharpe(sharpe_run_bars=len(rows))
    learned = loss(Batch(output, torch.from_numpy(rows), PanelTensors(panel, np.ones(1, "f4"))))
    forecast = Forecast(output.numpy()[:, 0], position=np.tanh(output.numpy()[:, 0]))
    sized = forecast.sized(0.005, trailing_volatility(panel)[rows])
    assert sized.position is not None
    assert np.abs(sized.position).max() < 1

    def traded(one: Forecast) -> float:
        net = judge(panel, rows, one, Decision(0.0), BacktestConfig(cost_bps=0.0)).returns
        return float(net.mean() / np.sqrt(net.var() + LEAST_VARIANCE * 0.005**2))

    assert traded(sized) == pytest.approx(-float(learned), rel=1e-4)
    assert traded(forecast) != pytest.approx(-float(learned), rel=1e-2)  # shares of the capital are another bet


def test_a_final_network_sizes_positions_by_the_volatility_that_is_known_at_each_row(
    panel: Panel, rows: np.ndarray, tmp_path: Path
) -> None:
    train, stop, later = rows[:100], rows[100:130], rows[130:]
    data = FinalData("mlp", panel, train, stop, TRAINING, BacktestConfig(), 0)
    trained = train_final(data, PARAMETERS, {})
    target = float(np.median([by_hand(panel, row) for row in train]))
    assert trained.card["target_volatility"] == pytest.approx(target, rel=1e-5)
    assert Head.of(trained.card["head"]) == POSITION_IN_RISK

    trained.save(tmp_path)
    forecast = TrainedNetwork.load(tmp_path).forecast(panel, later)
    expected = [np.tanh(score) * target / by_hand(panel, row) for score, row in zip(forecast.score, later, strict=True)]
    np.testing.assert_allclose(forecast.position, np.clip(expected, -1, 1), rtol=1e-4)


def test_a_trial_trades_the_sized_positions(panel: Panel, rows: np.ndarray) -> None:
    train, stop, later = rows[:100], rows[100:130], rows[130:]
    recipe = Recipe.of("mlp", PARAMETERS, panel, TRAINING, 0)
    fitting = Fitting(recipe, panel, Windows(panel, L), 0, train, stop)
    next(fitting.epochs(BacktestConfig(), lambda: False))
    forecast = fitting.forecast(later, 1, lambda: False)
    target = np.median([by_hand(panel, row) for row in train])
    expected = [np.tanh(score) * target / by_hand(panel, row) for score, row in zip(forecast.score, later, strict=True)]
    np.testing.assert_allclose(forecast.position, np.clip(expected, -1, 1), rtol=1e-4)
    judged = judge(panel, later, forecast, Decision(0.0), BacktestConfig(cost_bps=0.0))
    np.testing.assert_allclose(judged.exposure, forecast.position)


def test_a_volatility_of_tomorrow_changes_no_position_of_today(panel: Panel, rows: np.ndarray) -> None:
    data = FinalData("mlp", panel, rows[:100], rows[100:130], TRAINING, BacktestConfig(), 0)
    trained, until = train_final(data, PARAMETERS, {}), rows[150]
    later = panel.forward_return.copy()
    later[until:] *= 7
    changed = trained.forecast(replace(panel, forward_return=later), rows).position
    before = trained.forecast(panel, rows).position
    assert changed is not None
    assert before is not None
    np.testing.assert_array_equal(changed[rows <= until], before[rows <= until])
    assert not np.array_equal(changed, before)
