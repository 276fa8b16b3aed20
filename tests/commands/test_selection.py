"""Nodes and namespaces by short names, ours and a user's own."""

import pytest
from kedro.pipeline import Pipeline, node, pipeline

from trading_hpo.commands.selection import full_names
from trading_hpo.errors import ConfigurationError
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.pipeline_registry import register_pipelines


def own() -> Pipeline:
    ask = node(lambda report: report, "report", "answer", name="ask")
    return pipeline([ask], namespace="broker.orders", prefix_datasets_with_namespace=False)


@pytest.fixture(scope="module")
def registered():
    ours = register_pipelines()
    return {**ours, "broker": own(), "__default__": ours["__default__"] + own()}


@pytest.fixture
def choose(registered):
    def choose(pipeline=None, **options):
        empty = {key: [] for key in ("from_nodes", "to_nodes", "node_names", "namespaces", "pipelines")}
        return full_names({**empty, "pipeline": pipeline, **options}, registered)

    return choose


@pytest.mark.parametrize("option", ["from_nodes", "to_nodes", "node_names"])
@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("clean_bars", ["data_engineering.clean_bars"]),
        ("data_engineering.clean_bars", ["data_engineering.clean_bars"]),
        ("mlp.search", ["hpo.mlp.search"]),
        ("retrain", sorted(f"retraining.{name}.retrain" for name in MODEL_TYPES)),
        ("ask", ["broker.orders.ask"]),
    ],
)
def test_a_node_may_be_named_by_the_end_of_its_name(choose, option, given, full):
    assert choose(**{option: [given]})[option] == full


@pytest.mark.parametrize("name", ["hpo", "hpo.lstm", "lstm", "broker", "broker.orders", "orders"])
def test_a_namespace_is_run_with_what_is_before_it(choose, registered, name):
    chosen = choose(namespaces=[name])
    assert chosen["namespaces"] == []
    every = registered["__default__"]
    inside = {node.name for node in every.nodes if f".{name}." in f".{node.namespace}."}
    assert set(chosen["to_nodes"]) == inside
    ran = {node.name for node in every.to_nodes(*chosen["to_nodes"]).nodes}
    assert inside <= ran
    assert "data_engineering.clean_bars" in ran


def test_a_model_type_goes_through_all_stages_and_takes_no_other_along(choose, registered):
    ran = registered["__default__"].to_nodes(*choose(namespaces=["lstm"])["to_nodes"]).nodes
    assert {node.namespace for node in ran} == {
        "data_engineering",
        *(f"{stage}.lstm" for stage in ("hpo", "analysis", "retraining", "evaluation")),
    }


def test_a_stage_of_a_model_type_is_run_with_the_stages_before(choose, registered):
    ran = registered["__default__"].to_nodes(*choose(namespaces=["retraining.lstm"])["to_nodes"]).nodes
    assert {node.namespace for node in ran} == {"data_engineering", "hpo.lstm", "retraining.lstm"}


def test_several_names_and_options_add_up(choose):
    chosen = choose(namespaces=["retraining.lstm", "retraining.mlp"], to_nodes=["clean_bars"])
    assert chosen["to_nodes"] == ["data_engineering.clean_bars", "retraining.lstm.retrain", "retraining.mlp.retrain"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"namespaces": ["lst"]}, "unknown namespace 'lst'. Did you mean 'lstm'?"),
        ({"namespaces": ["hpo.lst"]}, "unknown namespace 'hpo.lst'. Did you mean 'hpo.lstm'?"),
        ({"namespaces": ["brokr"]}, "unknown namespace 'brokr'. Did you mean 'broker'?"),
        ({"namespaces": ["retraining"], "pipeline": "hpo"}, "unknown namespace 'retraining'."),
        ({"from_nodes": ["clean_bras"]}, "unknown node 'clean_bras'. Did you mean 'clean_bars'?"),
        ({"node_names": ["bars"]}, "unknown node 'bars'."),
        ({"from_nodes": ["retrain"], "pipelines": ["hpo", "analysis"]}, "unknown node 'retrain'."),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(choose, options, problem):
    with pytest.raises(ConfigurationError) as caught:
        choose(**options)
    assert caught.value.problems[0].startswith(problem)


def test_all_unknown_names_are_told_at_once(choose):
    with pytest.raises(ConfigurationError) as caught:
        choose(namespaces=["x", "y"], from_nodes=["z"])
    assert len(caught.value.problems) == 3
