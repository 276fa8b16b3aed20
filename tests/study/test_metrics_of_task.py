"""What a task's forecasts never say is no objective, no constraint and no monitor, and is refused before any trial."""

from typing import ClassVar

import pytest

from trading_hpo.configuration import Config
from trading_hpo.metrics.registry import METRICS
from trading_hpo.study.metrics_of_task import metrics_it_lacks, provided_by
from trading_hpo.tasks.direction import Direction
from trading_hpo.tasks.forward_return import ForwardReturn
from trading_hpo.tasks.head import POSITION, Head
from trading_hpo.training.losses.registry import LOSSES


class Quantile(Config):
    name: ClassVar[str] = "of_quantiles"
    head: ClassVar[Head] = Head("quantiles", (0.1, 0.9))


class Positions(Config):
    name: ClassVar[str] = "of_positions"
    head: ClassVar[Head] = POSITION


@pytest.fixture(autouse=True)
def more_losses(monkeypatch):
    for loss in (Quantile, Positions):
        monkeypatch.setitem(LOSSES._entries, loss.name, loss)


@pytest.mark.parametrize(
    ("task", "losses", "said"),
    [
        (Direction(), ["focal"], {"number", "probability"}),
        (Direction(), ["focal", "of_positions"], {"number", "probability"}),
        (Direction(), ["of_positions"], set()),
        (ForwardReturn(), ["mse"], {"number", "values", "price path"}),
        (ForwardReturn(), ["mse", "of_quantiles"], {"number", "values", "price path", "quantiles"}),
    ],
)
def test_what_is_provided_is_up_to_the_task_and_to_the_losses(task, losses, said):
    assert provided_by(task, losses) == said
    lacking = [name for name in METRICS if METRICS[name].needs not in {None, *said}]
    asked = [("hpo.objectives", name) for name in METRICS]
    assert [problem.split("'")[1] for problem in metrics_it_lacks(task, losses, ["mlp"], asked)] == lacking


def test_the_sentence_names_the_parameter_the_task_the_loss_and_what_there_is():
    (problem,) = metrics_it_lacks(ForwardReturn(), ["mse"], ["mlp"], [("hpo.constraints", "pinball")])
    assert problem.startswith(
        "hpo.constraints must be a metric that labels.kind=forward_return has with training.loss=mse, got 'pinball', "
        "which needs quantiles. Of the forecast it has mcc, f1_positive, "
    )
    assert problem.endswith("r2_zero, directional_accuracy, mape, composite_accuracy; of trades it has all.")
    assert "brier" not in problem
    assert "sharpe" not in problem


def test_a_loss_that_does_not_exist_is_a_problem_of_its_own():
    assert list(metrics_it_lacks(Direction(), ["fokal"], ["mlp"], [("hpo.objectives", "pinball")])) == []
