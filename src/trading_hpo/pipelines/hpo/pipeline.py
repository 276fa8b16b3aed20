"""One search per model type, then their results side by side."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.pipelines.adapters import each, mapping_node, of_model
from trading_hpo.pipelines.hpo.nodes import collect_results, combine_results, open_study, search, tabulate_trials
from trading_hpo.pipelines.namespaces import per_model, stage
from trading_hpo.runner.reusing import ALL_OR_NOTHING, LIVE

_DATA, _NAMED_BY = ["panel", "folds"], ["params:scenario", "params:source"]
_SETTINGS = ["params:search_spaces", "params:training", "params:backtest", "params:hpo"]


def _nodes(model_type: str) -> Sequence[Node]:
    # What is read of a study is read after its search: hence the summary among the inputs.
    read = ["study", "search_summary"]
    return [
        node(
            of_model(open_study, model_type),
            [*_DATA, "prepared", "study_storage", *_SETTINGS, *_NAMED_BY, "params:study_terms"],
            "study",
            name="open_study",
            tags=[LIVE, ALL_OR_NOTHING],  # with the prepared data: those that a study refuses are restored
        ),
        node(
            search,
            ["study", *_DATA, "kept_panels", *_SETTINGS, "trial_ledger"],
            "search_summary",
            name="search",
            tags=[LIVE],
        ),
        node(tabulate_trials, read, "trials", name="tabulate_trials"),
        node(of_model(collect_results, model_type), read, "hpo_results", name="collect_results"),
    ]


def create_pipeline() -> Pipeline:
    """Return the graph of the searches."""
    combine = mapping_node(
        combine_results, {"results": each("hpo_results")}, "hpo_combined_results", name="combine_results"
    )
    return stage("hpo", [per_model(_nodes), combine])
