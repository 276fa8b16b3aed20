"""Every loss of the registry trains a network on every task that it can learn, ours and those that others add."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.training.plugins import ADDED

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import FoldScore, Rows
from trading_hpo.families.networks.fitting import Recipe
from trading_hpo.families.networks.fold import fit_fold
from trading_hpo.tasks.registry import TASKS
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.losses.loss import Loss
from trading_hpo.training.losses.registry import LOSSES
from trading_hpo.training.windows import Windows
from trading_hpo.types import Panel

EVERY: list[type[Loss]] = [*(LOSSES[name] for name in LOSSES), *ADDED["loss"]]
SUITED = [
    (task, loss)
    for task in ("direction", "forward_return")
    for loss in EVERY
    if TASKS[task].target_kind in loss.target_kinds
]
suited = pytest.mark.parametrize(("task", "loss"), SUITED, ids=[f"{task}-{loss.name}" for task, loss in SUITED])
L = 5

Train = Callable[[str, type[Loss], int], list[FoldScore]]


@pytest.fixture
def train(make_panel: Callable[..., Panel], make_fold_rows: Callable[..., list[Rows]], plugged_in: None) -> Train:
    """Train a small MLP on the last fold of a panel with a planted signal."""

    def after(task: str, loss: type[Loss], epochs: int) -> list[FoldScore]:
        panel = make_panel(kind=task)
        (*_, rows) = make_fold_rows(panel, L)
        parameters = {"loss": loss.name, "learning_rate": 5e-3, "batch_size": 64, "hidden_dim_1": 16, "hidden_dim_2": 8}
        recipe = Recipe.of("mlp", parameters, panel, TrainingConfig(epochs=epochs, window_bars=L), 11)
        return [*fit_fold(recipe, panel, Windows(panel, L), 0, rows, BacktestConfig(), should_stop=lambda: False)]

    return after


@suited
def test_an_epoch_leaves_finite_numbers(task: str, loss: type[Loss], train: Train) -> None:
    (score,) = train(task, loss, 1)
    assert np.isfinite([score.train_loss, score.stop_loss, score.threshold]).all()
    assert np.isfinite(score.returns).all()
    for name, value in score.metrics.items():
        assert name in score.no_value if value is None else np.isfinite(value), name


@suited
def test_a_planted_signal_is_learned_and_traded(task: str, loss: type[Loss], train: Train) -> None:
    scores = train(task, loss, 10)
    assert scores[-1].train_loss < scores[0].train_loss
    assert scores[-1].stop_loss < scores[0].stop_loss
    last = scores[-1].metrics
    assert last["auc"] is not None
    assert last["auc"] > 0.8
    assert last["sharpe"] is not None
    assert last["sharpe"] > 3


@pytest.mark.parametrize(
    "loss", [loss for task, loss in SUITED if task == "forward_return"], ids=lambda loss: loss.name
)
def test_a_forecast_says_what_the_head_of_the_loss_means(loss: type[Loss], train: Train) -> None:
    (score,) = train("forward_return", loss, 1)
    assert score.judged is not None
    forecast, kind = score.judged.forecast, loss().head.kind
    assert (forecast.position is not None) == (kind == "position")
    assert (forecast.quantiles is not None) == (kind == "quantiles")
    assert (forecast.values is not None) == (kind in ("value", "quantiles"))
