import optuna
import pytest
from pydantic import ValidationError
from torch.optim import SGD

from trading_hpo.engine.space import suggest
from trading_hpo.errors import ConfigurationError
from trading_hpo.study.search_spaces import CustomSpacesConfig, SearchSpacesConfig, longest_window, resolve_space
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.optimizers.adamw import AdamW
from trading_hpo.training.optimizers.optimizer import Optimizer
from trading_hpo.training.optimizers.registry import OPTIMIZERS

TRAINING = TrainingConfig()

SPACES = SearchSpacesConfig(
    common={
        "learning_rate": {"type": "log_uniform", "low": 1e-5, "high": 1e-2},
        "focal_gamma": {"type": "uniform", "low": 0.5, "high": 3.0},
        "dropout_rate": {"type": "loguniform", "low": 0.1, "high": 0.5},
    },
    lstm={"lstm_hidden_dim": {"type": "int", "low": 32, "high": 256, "step": 32}},
)


def suggested(space, seed=0):
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask()
    return suggest(space, trial), trial.distributions


def test_the_other_names_of_ranges_mean_the_same():
    _, distributions = suggested(resolve_space(SPACES, CustomSpacesConfig(), "lstm", TRAINING, "class"))
    assert distributions == {
        "learning_rate": optuna.distributions.FloatDistribution(1e-5, 1e-2, log=True),
        "focal_gamma": optuna.distributions.FloatDistribution(0.5, 3.0),
        "dropout_rate": optuna.distributions.FloatDistribution(0.1, 0.5, log=True),
        "lstm_hidden_dim": optuna.distributions.IntDistribution(32, 256, step=32),
    }


def test_an_override_replaces_the_whole_parameter_a_scalar_fixes_it_null_removes_it():
    custom = CustomSpacesConfig(
        common={"learning_rate": {"type": "float", "low": 0.1, "high": 0.2}, "dropout_rate": None},
        lstm={"lstm_hidden_dim": 48},
    )
    parameters, distributions = suggested(resolve_space(SPACES, custom, "lstm", TRAINING, "class"))
    assert distributions["learning_rate"] == optuna.distributions.FloatDistribution(0.1, 0.2)
    assert "dropout_rate" not in parameters
    assert parameters["lstm_hidden_dim"] == 48
    # Another model type keeps its own.
    assert set(resolve_space(SPACES, custom, "mlp", TRAINING, "class")) == {"learning_rate", "focal_gamma"}


@pytest.mark.parametrize(("loss", "target_kind"), [("auto", "number"), ("mse", "number"), ("cross_entropy", "class")])
def test_parameters_of_a_loss_are_left_out_under_another(loss, target_kind):
    training = TrainingConfig(loss=loss)
    assert "focal_gamma" not in resolve_space(SPACES, CustomSpacesConfig(), "mlp", training, target_kind)


def test_a_parameter_that_the_training_fixes_is_not_searched_where_that_choice_is_made():
    training = TrainingConfig(loss={"name": "focal", "focal_gamma": 1.0})
    assert "focal_gamma" not in resolve_space(SPACES, CustomSpacesConfig(), "mlp", training, "class")
    other = TrainingConfig(loss={"name": "focal", "focal_alpha": 0.5})
    assert "focal_gamma" in resolve_space(SPACES, CustomSpacesConfig(), "mlp", other, "class")


def test_a_parameter_that_is_fixed_and_searched_by_hand_is_refused():
    training = TrainingConfig(loss={"name": "focal", "focal_gamma": 1.0})
    custom = CustomSpacesConfig(common={"focal_gamma": 2.0})
    with pytest.raises(ConfigurationError) as caught:
        resolve_space(SPACES, custom, "mlp", training, "class")
    assert caught.value.problems == [
        "mlp.focal_gamma must be searched or fixed in training.loss, got both. Remove one."
    ]


def searched(*losses):
    return CustomSpacesConfig(common={"loss": {"type": "categorical", "choices": losses}})


def test_where_the_loss_is_searched_its_parameters_are_suggested_with_it():
    space = resolve_space(SPACES, searched("focal", "cross_entropy"), "mlp", TRAINING, "class")
    assert next(iter(space)) == "loss"
    assert space["focal_gamma"].only_if == {"loss": ["focal"]}
    assert space["learning_rate"].only_if == {}
    seen = [suggested(space, seed)[0] for seed in range(20)]
    assert {parameters["loss"] for parameters in seen} == {"focal", "cross_entropy"}
    assert all(("focal_gamma" in parameters) == (parameters["loss"] == "focal") for parameters in seen)


def test_a_fixed_choice_makes_no_conditions():
    fixed = CustomSpacesConfig(common={"loss": "focal"})
    assert resolve_space(SPACES, fixed, "mlp", TRAINING, "class")["focal_gamma"].only_if == {}
    other = CustomSpacesConfig(common={"loss": "cross_entropy"})
    assert "focal_gamma" not in resolve_space(SPACES, other, "mlp", TRAINING, "class")


def test_a_condition_of_ones_own_stays_beside_that_of_the_choice():
    entry = {"type": "float", "low": 0.5, "high": 3.0, "only_if": {"batch_size": 64}}
    spaces = SearchSpacesConfig(
        common={"batch_size": {"type": "categorical", "choices": [32, 64]}, "focal_gamma": entry}
    )
    space = resolve_space(spaces, searched("focal", "cross_entropy"), "mlp", TRAINING, "class")
    assert space["focal_gamma"].only_if == {"loss": ["focal"], "batch_size": 64}


def test_a_parameter_that_several_optimizers_share_is_suggested_with_each(monkeypatch):
    class Plain(AdamW):
        name = "plain"

    class Other(Optimizer):
        name = "other"
        momentum: float = 0.9

        def make(self, network, learning_rate):
            return SGD(network.parameters(), learning_rate)

    entries = {"adamw": AdamW, "plain": Plain, "other": Other}
    monkeypatch.setattr(OPTIMIZERS, "_entries", entries)
    decay = {"type": "float", "low": 0.1, "high": 0.2}
    spaces = SearchSpacesConfig(common={"weight_decay": decay, "momentum": decay})

    def conditions(*choices):
        custom = CustomSpacesConfig(common={"optimizer": {"type": "categorical", "choices": choices}})
        space = resolve_space(spaces, custom, "mlp", TRAINING, "class")
        return {name: entry.only_if for name, entry in space.items() if name != "optimizer"}

    assert conditions("adamw", "plain") == {"weight_decay": {}}
    assert conditions("adamw", "plain", "other") == {
        "weight_decay": {"optimizer": ["adamw", "plain"]},
        "momentum": {"optimizer": ["other"]},
    }
    assert conditions("other") == {"momentum": {}}


@pytest.mark.parametrize("loss", ["mse", "sharpe", "trading"])
def test_a_loss_that_cannot_learn_the_target_is_not_searched(loss):
    with pytest.raises(ConfigurationError) as refused:
        resolve_space(SPACES, searched("focal", loss), "mlp", TRAINING, "class")
    assert refused.value.problems == [
        f"mlp.loss must be focal or cross_entropy for a target that is a class, got {loss!r}."
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"type": "categorical", "choices": ["focal", "focl"]},
            "common.loss: unknown loss 'focl'. Did you mean 'focal'?",
        ),
        ({"type": "int", "low": 0, "high": 1}, "common.loss.type must be categorical, got 'int'."),
    ],
)
def test_only_losses_can_be_searched_as_loss(entry, message):
    with pytest.raises(ValidationError) as refused:
        SearchSpacesConfig(common={"loss": entry})
    assert message in str(refused.value)


def test_a_range_is_checked_by_the_loss_that_has_it():
    with pytest.raises(ValidationError, match="less than or equal to 20"):
        SearchSpacesConfig(common={"focal_gamma": {"type": "float", "low": 1.0, "high": 21.0}})


def test_a_name_that_two_kinds_of_component_have_is_refused(monkeypatch):
    class Greedy(Optimizer):
        name = "greedy"
        focal_gamma: float = 1.0

        def make(self, network, learning_rate):
            return SGD(network.parameters(), learning_rate)

    monkeypatch.setattr(OPTIMIZERS, "_entries", {"adamw": AdamW, "greedy": Greedy})
    with pytest.raises(ValidationError, match=r"a choice of loss and of a choice of optimizer\. Rename the plug-in's"):
        SearchSpacesConfig(common={"focal_gamma": {"type": "float", "low": 1.0, "high": 2.0}})


def test_a_conditional_parameter_is_suggested_only_where_its_condition_holds():
    spaces = SearchSpacesConfig(
        mlp={
            "hidden_layers": {"type": "int", "low": 1, "high": 2},
            "hidden_dim_2": {"type": "int", "low": 4, "high": 8, "only_if": {"hidden_layers": [2]}},
        }
    )
    space = resolve_space(spaces, CustomSpacesConfig(), "mlp", TRAINING, "class")
    seen = [suggested(space, seed)[0] for seed in range(20)]
    assert {parameters["hidden_layers"] for parameters in seen} == {1, 2}
    assert all(("hidden_dim_2" in parameters) == (parameters["hidden_layers"] == 2) for parameters in seen)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"type": "float", "low": 2.0, "high": 1.0}, "low must be at most high, got low 2.0 and high 1.0"),
        ({"type": "float", "low": 0.0, "high": 1.0, "log": True}, "low must be above 0 with log, got 0.0"),
        ({"type": "float", "low": 0.1, "high": 1.0, "log": True, "step": 0.1}, "step cannot go with log"),
        ({"type": "float", "low": -1.0, "high": 1.0}, "greater than 0"),
    ],
)
def test_a_range_that_cannot_be_is_refused(entry, message):
    with pytest.raises(ValidationError, match=message):
        SearchSpacesConfig(common={"learning_rate": entry})


@pytest.mark.parametrize(
    ("group", "name", "message"),
    [
        ("common", "learning_rat", "Did you mean 'learning_rate'?"),
        ("common", "lstm_hidden_dim", "is not a parameter of every model"),
        ("lstm", "lstm_hiden_dim", "Did you mean 'lstm_hidden_dim'?"),
    ],
)
def test_a_parameter_that_nothing_reads_is_refused(group, name, message):
    with pytest.raises(ValidationError) as refused:
        SearchSpacesConfig(**{group: {name: {"type": "int", "low": 1, "high": 2}}})
    assert message in str(refused.value)


def test_the_longest_window_is_that_of_the_space_or_the_default():
    assert longest_window({}, 20) == 20
    spaces = SearchSpacesConfig(common={"window_bars": {"type": "categorical", "choices": [10, 60, 30]}})
    assert longest_window(resolve_space(spaces, CustomSpacesConfig(), "mlp", TRAINING, "class"), 20) == 60


def test_a_range_is_checked_at_zero_where_it_reaches_over_it():
    entry = {"asymmetric_a": {"type": "int", "low": -2, "high": 2}}
    with pytest.raises(ValidationError, match="asymmetric_a must be above or below 0, got 0"):
        CustomSpacesConfig(common=entry)
    assert CustomSpacesConfig(common={"asymmetric_a": {"type": "float", "low": 0.5, "high": 2}})
