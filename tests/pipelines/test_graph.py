"""The graph: stages outside, model types inside, datasets by their old names, and inputs as narrow as they can be."""

from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from kedro.validation import ParameterValidator

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.pipeline_registry import register_pipelines
from trading_hpo.runner.reusing import ALL_OR_NOTHING, LIVE
from trading_hpo.settings import CONFIG_LOADER_ARGS
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.search_spaces import CustomSpacesConfig

# kedro registers its resolvers by a name that omegaconf has since deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:register_new_resolver")

CONF = Path(__file__).parents[2] / "conf"
STAGES = ["data_engineering", "hpo", "analysis", "retraining", "evaluation"]


@pytest.fixture(scope="module")
def pipelines():
    return register_pipelines()


@pytest.fixture(scope="module")
def nodes(pipelines):
    return pipelines["__default__"].nodes


def test_every_node_is_in_its_stage_and_its_model_type_and_tagged_with_both(nodes):
    for node in nodes:
        stage, *model_type = node.namespace.split(".")
        assert stage in STAGES
        assert model_type in [[], *([name] for name in MODEL_TYPES)]
        assert node.tags - {LIVE, ALL_OR_NOTHING} == {stage, *model_type}


def test_a_node_of_a_model_type_leaves_only_its_own_datasets(nodes):
    for node in nodes:
        _, *model_type = node.namespace.split(".")
        for name in node.outputs:
            assert name.split(".")[:-1] == model_type


def test_the_audit_runs_where_it_is_asked_for_alone(pipelines):
    audited = {name for name in pipelines if any(node.namespace == "audit" for node in pipelines[name].nodes)}
    assert audited == {"audit"}
    assert {node.namespace for node in pipelines["audit"].nodes} == {"data_engineering", "audit"}


def test_all_datasets_are_declared(pipelines, nodes):
    loader = OmegaConfigLoader(str(CONF), env="test", **CONFIG_LOADER_ARGS)
    known = loader["catalog"]
    used = {name for node in [*nodes, *pipelines["audit"].nodes] for name in [*node.inputs, *node.outputs]}
    for name in {name for name in used if not name.startswith("params:") and name != "parameters"}:
        own = name.rpartition(".")[2]
        generic = "{model}." * ("." in name) + own
        assert {generic, generic.replace(own, "{name}_figure")} & set(known), name


def test_a_study_is_opened_for_every_model_type_before_the_first_is_searched(pipelines):
    names = [node.short_name for node in pipelines["hpo"].nodes]
    assert max(i for i, name in enumerate(names) if name == "open_study") < names.index("search")


# What a node outside the search may depend on of the groups that decide how it is searched.
NARROW = {
    "data_engineering.find_window": {
        "search_spaces",
        "hpo.custom_search_spaces",
        "training",
    },
    "retrain": {"training.device"},
}


def test_outside_the_search_nothing_depends_on_how_it_is_searched(nodes):
    found = {}
    for node in nodes:
        taken = {name.removeprefix("params:") for name in node.inputs}
        if LIVE not in node.tags:
            found[node.name] = {name for name in taken if name.split(".")[0] in ("hpo", "training", "search_spaces")}
    assert {name: taken for name, taken in found.items() if taken} == {
        "data_engineering.find_window": NARROW["data_engineering.find_window"],
        **{f"retraining.{model_type}.retrain": NARROW["retrain"] for model_type in MODEL_TYPES},
    }


@pytest.mark.parametrize("chosen", [["__default__"], ["hpo"], None])
def test_groups_and_parts_of_groups_are_validated_together(pipelines, chosen):
    """Kedro fails where a group is made an object before a part of it."""
    loader = OmegaConfigLoader(str(CONF), env="test", **CONFIG_LOADER_ARGS)
    scope = {name: pipelines[name] for name in chosen or pipelines}
    valid = ParameterValidator(scope).validate_raw_params(loader["parameters"])
    assert isinstance(valid["hpo"], HpoConfig)
    assert isinstance(valid["hpo"].custom_search_spaces, CustomSpacesConfig)
