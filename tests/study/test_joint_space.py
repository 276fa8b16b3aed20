"""Where a loss is made of others, these and their own parameters can be searched."""

import optuna
import pytest

from trading_hpo.engine.space import suggest
from trading_hpo.errors import ConfigurationError
from trading_hpo.study.search_spaces import CustomSpacesConfig, SearchSpacesConfig, resolve_space
from trading_hpo.training.config import TrainingConfig, split_parameters

TRAINING = TrainingConfig()
GAMMA = {"type": "float", "low": 0.5, "high": 3.0}
BOTH = {"type": "categorical", "choices": ["focal", "cross_entropy"]}


def space_of(target_kind="joint", **common):
    spaces = SearchSpacesConfig(common={"learning_rate": {"type": "float", "low": 1e-4, "high": 1e-2}})
    return resolve_space(spaces, CustomSpacesConfig(common=common), "mlp", TRAINING, target_kind)


def test_parameters_of_the_part_that_is_fixed_are_searched_and_those_of_others_left_out():
    assert space_of(focal_gamma=GAMMA)["focal_gamma"].only_if == {}
    assert "focal_gamma" not in space_of(focal_gamma=GAMMA, joint_class="cross_entropy")


def test_parameters_of_a_part_that_is_searched_are_suggested_with_it():
    space = space_of(focal_gamma=GAMMA, joint_class=BOTH, joint_weight={"type": "float", "low": 0.2, "high": 0.8})
    study, seen = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)), set()
    for _ in range(20):
        chosen = suggest(space, study.ask())
        assert ("focal_gamma" in chosen) == (chosen["joint_class"] == "focal")
        _, components, rest = split_parameters(chosen, TRAINING, "joint")
        assert rest == {}
        assert components.loss.name == "joint"
        assert components.loss.joint_weight == chosen["joint_weight"]
        of_class, _ = components.loss.losses
        assert of_class.name == chosen["joint_class"]
        assert getattr(of_class, "focal_gamma", None) == chosen.get("focal_gamma")
        seen.add(of_class.name)
    assert seen == {"focal", "cross_entropy"}


def test_a_condition_of_ones_own_stays_beside_that_of_the_part():
    space = space_of(
        joint_class=BOTH, focal_gamma={**GAMMA, "only_if": {"learning_rate": [0.001]}}, learning_rate=0.001
    )
    assert space["focal_gamma"].only_if == {"joint_class": ["focal"], "learning_rate": [0.001]}


def test_where_there_is_one_target_nothing_of_the_joint_loss_is_searched():
    assert set(space_of("class", focal_gamma=GAMMA, joint_class=BOTH, joint_weight=0.5)) == {
        "learning_rate",
        "focal_gamma",
    }


def test_a_loss_of_one_target_cannot_learn_two():
    with pytest.raises(ConfigurationError, match=r"mlp\.loss must be joint for a target that is a joint, got 'focal'"):
        space_of(loss="focal")


def test_a_part_that_learns_another_kind_of_target_is_refused():
    with pytest.raises(ValueError, match=r"joint_class must be .*, got 'mse'"):
        space_of(joint_class="mse")
