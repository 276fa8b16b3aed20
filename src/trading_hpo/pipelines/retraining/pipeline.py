"""The best configuration of each model type, trained once more on everything before the holdout."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.pipelines.per_model import of_model, per_model
from trading_hpo.pipelines.retraining.nodes import retrain

_INPUTS = ["hpo_results", "panel", "folds", "params:search_spaces", "params:training", "params:hpo", "params:folds"]


def _nodes(model_type: str) -> Sequence[Node]:
    return [node(of_model(retrain, model_type), _INPUTS, "network", name="retrain")]


def create_pipeline() -> Pipeline:
    """Return the graph of retraining."""
    return per_model(_nodes)
