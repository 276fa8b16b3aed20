import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from trading_hpo.configuration import problems_of
from trading_hpo.metrics.registry import METRICS
from trading_hpo.training.config import Hyperparameters, TrainingConfig, losses_for, split_parameters
from trading_hpo.training.losses.focal import Focal


def problems(**training: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        TrainingConfig(**training)
    return problems_of(caught.value, TrainingConfig, "training")


def test_what_is_chosen_by_name_must_be_there() -> None:
    assert problems(loss="focl", optimizer="adamww", schedule="constnt") == [
        "training.loss: unknown loss 'focl'. Did you mean 'focal'?",
        "training.optimizer: unknown optimizer 'adamww'. Did you mean 'adamw'?",
        "training.schedule: unknown schedule 'constnt'. Did you mean 'constant'?",
    ]


def test_options_of_what_is_chosen_stand_beside_its_name_and_are_its_own() -> None:
    training = TrainingConfig(loss={"name": "focal", "focal_gamma": 1.5}, optimizer={"name": "adamw"})
    assert training.chosen("loss", "class") == "focal"
    assert training.options("loss", "focal") == {"focal_gamma": 1.5}
    assert training.options("loss", "cross_entropy") == {} == training.options("optimizer", "adamw")
    assert training.optimizer == "adamw", "a name without options is that name: no other study"
    assert TrainingConfig(**training.compared()) == training
    _, chosen, _ = split_parameters({"focal_alpha": 0.5}, training, "class")
    assert chosen.loss == Focal(focal_alpha=0.5, focal_gamma=1.5)
    _, chosen, _ = split_parameters({"loss": "cross_entropy"}, training, "class")
    assert chosen.loss.name == "cross_entropy"


def test_options_are_refused_by_the_component_that_they_are_given_to() -> None:
    loss: Any = {"name": "focal", "focal_gamma": -1.0, "gamma": 2.0}
    (unnamed,) = problems(optimizer={"name": ["sgd"]})
    assert unnamed.startswith("training.optimizer.name is missing.")
    assert problems(loss=loss, optimizer={"weight_decay": 0.1}, schedule={"name": "constnt"}) == [
        "training.loss.focal_gamma must be greater than or equal to 0, got -1.0.",
        "training.loss.gamma is not a parameter. Did you mean 'focal_gamma'?",
        "training.optimizer.name is missing. Known: adam, adamw, radam, sgd.",
        "training.schedule: unknown schedule 'constnt'. Did you mean 'constant'?",
    ]
    (problem,) = problems(loss={"name": "auto", "focal_gamma": 1.0})
    assert problem.startswith("training.loss: unknown loss 'auto'.")


def test_losses_are_matched_by_the_kind_of_target() -> None:
    assert losses_for("class") == ("focal", "cross_entropy")
    numbers = losses_for("number")
    assert numbers == ("mse", "mae", "huber", "log_cosh", "asymmetric", "quantile", "mape", "sharpe", "trading")
    assert TrainingConfig().chosen("loss", "class") == "focal"
    assert TrainingConfig().chosen("loss", "number") == "mse"
    assert TrainingConfig(loss="cross_entropy").chosen("loss", "class") == "cross_entropy"
    assert TrainingConfig().chosen("schedule", "class") == "constant"


def test_parameters_go_to_those_that_have_them() -> None:
    parameters = {"learning_rate": 0.1, "focal_gamma": 1.0, "weight_decay": 0.2, "hidden_dim_1": 8}
    common, chosen, network = split_parameters(parameters, TrainingConfig(), "class")
    assert common == Hyperparameters(learning_rate=0.1)
    assert chosen.loss == Focal(focal_gamma=1.0)
    assert chosen.optimizer.model_dump() == {"weight_decay": 0.2}
    assert network == {"hidden_dim_1": 8}


def test_a_trials_own_choice_goes_before_that_of_the_training(plugged_in: None) -> None:
    parameters = {
        "loss": "pinball",
        "pinball_tail": 0.2,
        "optimizer": "heavy_ball",
        "weight_decay": 0.5,
        "schedule": "halving",
    }
    _, chosen, network = split_parameters(parameters, TrainingConfig(loss="mae"), "number")
    assert (chosen.loss.name, chosen.loss.head.levels) == ("pinball", (0.2, 0.5, 0.8))
    assert chosen.optimizer.model_dump() == {"weight_decay": 0.5, "momentum": 0.9}
    assert chosen.schedule.name == "halving"
    assert network == {}


@pytest.mark.parametrize("loss", ["focal", "cross_entropy"])
def test_values_are_checked_by_the_component_that_has_them(loss: str) -> None:
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        split_parameters({"focal_alpha": 1.5}, TrainingConfig(loss="focal"), "class")
    _, _, left = split_parameters({"focal_alpha": 0.5}, TrainingConfig(loss=loss), "class")
    assert left == ({} if loss == "focal" else {"focal_alpha": 0.5})  # the network refuses what nobody has


def test_every_metric_of_forecasts_and_trades_with_a_direction_can_be_monitored() -> None:
    for name in METRICS:
        metric = METRICS[name]
        if metric.kind == "cost" or metric.direction is None:
            (problem,) = problems(monitor_metric=name)
            assert problem.startswith("training.monitor_metric must be loss or a metric")
        else:
            assert TrainingConfig(monitor_metric=name).monitor_metric == name


def test_a_configuration_is_checked_without_torch() -> None:
    code = """
import sys
from trading_hpo.training.config import Hyperparameters, TrainingConfig, losses_for, split_parameters
training = TrainingConfig(loss="focal", monitor_metric="sharpe")
split_parameters({"focal_gamma": 1.0, "weight_decay": 0.1}, training, "class")
losses_for("number")
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("False", "")
