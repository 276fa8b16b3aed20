"""What the studies say about the search, also while it runs."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.pipelines.analysis.nodes import compare_searches, draw_importance, draw_study, importance
from trading_hpo.pipelines.per_model import of_model, per_model

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
    every = [f"{model_type}.{name}" for name in _READ for model_type in MODEL_TYPES]
    # First by name where nothing orders them: without any study it refuses before anything is drawn.
    compare = node(compare_searches, every, ["convergence_figure", "comparison_figure"], name="all_searches")
    return per_model(_nodes) + Pipeline([compare])
