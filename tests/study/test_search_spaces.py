import optuna
import pytest
from pydantic import ValidationError

from trading_hpo.engine.space import suggest
from trading_hpo.study.search_spaces import CustomSpacesConfig, SearchSpacesConfig, longest_window, resolve_space

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
    _, distributions = suggested(resolve_space(SPACES, CustomSpacesConfig(), "lstm", "focal"))
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
    parameters, distributions = suggested(resolve_space(SPACES, custom, "lstm", "focal"))
    assert distributions["learning_rate"] == optuna.distributions.FloatDistribution(0.1, 0.2)
    assert "dropout_rate" not in parameters
    assert parameters["lstm_hidden_dim"] == 48
    # Another model type keeps its own.
    assert set(resolve_space(SPACES, custom, "mlp", "focal")) == {"learning_rate", "focal_gamma"}


def test_parameters_of_the_focal_loss_are_left_out_under_another_loss():
    assert "focal_gamma" not in resolve_space(SPACES, CustomSpacesConfig(), "mlp", "mse")


def test_a_conditional_parameter_is_suggested_only_where_its_condition_holds():
    spaces = SearchSpacesConfig(
        mlp={
            "hidden_layers": {"type": "int", "low": 1, "high": 2},
            "hidden_dim_2": {"type": "int", "low": 4, "high": 8, "only_if": {"hidden_layers": [2]}},
        }
    )
    space = resolve_space(spaces, CustomSpacesConfig(), "mlp", "focal")
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
    assert longest_window(resolve_space(spaces, CustomSpacesConfig(), "mlp", "focal"), 20) == 60
