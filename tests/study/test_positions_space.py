"""A position rule is searched where the space says so, and its parameters with it."""

import optuna
import pytest

from trading_hpo.engine.space import suggest
from trading_hpo.errors import ConfigurationError
from trading_hpo.study.search_spaces import CustomSpacesConfig, SearchSpacesConfig, resolve_space
from trading_hpo.training.config import TrainingConfig

RULES = {"type": "categorical", "choices": ["long_flat", "volatility_scaled"]}
TARGET = {"type": "float", "low": 0.005, "high": 0.02}


def space_of(**common):
    spaces = SearchSpacesConfig(common={"learning_rate": {"type": "float", "low": 1e-4, "high": 1e-2}})
    return resolve_space(spaces, CustomSpacesConfig(common=common), "mlp", TrainingConfig(), "class")


def test_parameters_of_a_rule_are_suggested_where_it_is_chosen():
    space = space_of(target_volatility=TARGET, positions=RULES)
    study, seen = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)), set()
    for _ in range(20):
        chosen = suggest(space, study.ask())
        assert ("target_volatility" in chosen) == (chosen["positions"] == "volatility_scaled")
        seen.add(chosen["positions"])
    assert seen == {"long_flat", "volatility_scaled"}


def test_a_fixed_rule_makes_no_conditions_and_parameters_of_others_are_left_out():
    assert space_of(target_volatility=TARGET, positions="volatility_scaled")["target_volatility"].only_if == {}
    assert "target_volatility" not in space_of(target_volatility=TARGET, positions="long_flat")


def test_nothing_of_a_rule_is_searched_unless_the_space_says_so():
    assert set(space_of()) == {"learning_rate"}
    message = r"mlp\.target_volatility must be searched with positions, which is not"
    with pytest.raises(ConfigurationError, match=message):
        space_of(target_volatility=TARGET)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"positions": {"type": "int", "low": 0, "high": 1}}, r"positions\.type must be categorical, got 'int'"),
        ({"positions": "long"}, r"positions: unknown position rule 'long'\. Did you mean 'long_flat'\?"),
        ({"positions": RULES, "target_volatility": 0.0}, r"target_volatility must be greater than 0, got 0\.0"),
        ({"name": "x"}, r"name is not a parameter of every model"),
    ],
)
def test_what_is_wrong_is_said_in_words(given, message):
    with pytest.raises(ValueError, match=message):
        CustomSpacesConfig(common=given)
