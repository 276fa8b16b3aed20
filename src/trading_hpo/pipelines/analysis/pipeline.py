"""What the studies say about the search."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.pipelines.analysis.nodes import importance
from trading_hpo.pipelines.per_model import per_model


def _nodes(_: str) -> Sequence[Node]:
    return [node(importance, ["study", "study_storage"], "importance", name="importance")]


def create_pipeline() -> Pipeline:
    """Return the graph of the analysis."""
    return per_model(_nodes)
