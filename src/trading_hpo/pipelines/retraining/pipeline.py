"""The best configuration of each model type, trained once more on everything before the holdout."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.pipelines.adapters import of_model
from trading_hpo.pipelines.namespaces import per_model, stage
from trading_hpo.pipelines.retraining.nodes import retrain

_INPUTS = [
    "hpo_results",
    "study_storage",
    "kept_panels",
    "params:study_terms",
    "params:retraining",
    "params:training.device",
]


def _nodes(model_type: str) -> Sequence[Node]:
    return [node(of_model(retrain, model_type), _INPUTS, "network", name="retrain")]


def create_pipeline() -> Pipeline:
    """Return the graph of retraining."""
    return stage("retraining", [per_model(_nodes)])
