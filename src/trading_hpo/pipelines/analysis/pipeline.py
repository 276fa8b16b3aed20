"""What the studies say about the search, also while it runs."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.pipelines.adapters import each, mapping_node, of_model
from trading_hpo.pipelines.analysis.nodes import compare_searches, draw_importance, draw_study, importance
from trading_hpo.pipelines.namespaces import per_model, stage

# After the search where both run; of a search in another process, the summary is an older one or none.
_READ = ("study", "search_summary")


def _nodes(model_type: str) -> Sequence[Node]:
    return [
        node(importance, list(_READ), "importance", name="importance"),
        node(of_model(draw_importance, model_type), "importance", "importance_figure", name="draw_importance"),
        node(
            of_model(draw_study, model_type),
            list(_READ),
            ["history_figure", "slice_figure", "parallel_figure", "pareto_figure"],
            name="draw_study",
        ),
    ]


def create_pipeline() -> Pipeline:
    """Return the graph of the analysis."""
    # First by name where nothing orders them: without any study it refuses before anything is drawn.
    compare = mapping_node(
        compare_searches,
        {"refs": each("study"), "_searched": each("search_summary")},
        ["convergence_figure", "comparison_figure"],
        name="all_searches",
    )
    return stage("analysis", [per_model(_nodes), compare])
