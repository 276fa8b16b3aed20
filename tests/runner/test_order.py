"""Nodes run as they depend on each other, cheap model types first."""

from kedro.pipeline import Pipeline, node

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.pipeline_registry import register_pipelines
from trading_hpo.runner.order import in_order


def test_searches_run_in_the_order_of_the_registry_and_their_results_are_compared_after_them():
    names = [node.name for node in in_order(register_pipelines()["__default__"])]
    searches = [name for name in names if name.endswith(".search")]
    assert searches == [f"hpo.{model_type}.search" for model_type in MODEL_TYPES]
    assert names.index("hpo.combine_results") > max(map(names.index, searches))


def test_no_node_runs_before_what_it_reads_is_there():
    for pipeline in register_pipelines().values():
        there = set(pipeline.inputs())
        nodes = in_order(pipeline)
        assert len(nodes) == len(pipeline.nodes)
        for one in nodes:
            assert there.issuperset(one.inputs)
            there |= set(one.outputs)


def test_what_belongs_to_no_model_type_comes_first_by_its_name():
    own = [node(lambda: 1, None, name, name=name, tags=tags) for name, tags in (("b", []), ("a", ["lstm"]), ("c", []))]
    assert [one.name for one in in_order(Pipeline(own))] == ["b", "c", "a"]
