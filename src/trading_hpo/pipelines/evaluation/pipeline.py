"""One look at the sealed holdout per final network, and the report."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.pipelines.evaluation.nodes import judge_baselines, look_at_holdout, make_report
from trading_hpo.pipelines.per_model import per_model
from trading_hpo.types import MODEL_TYPES

_PARAMETERS = ["params:search_spaces", "params:training", "params:backtest", "params:hpo"]


def _nodes(_: str) -> Sequence[Node]:
    return [node(look_at_holdout, ["network", "panel", "folds", *_PARAMETERS], "holdout", name="look_at_holdout")]


def create_pipeline() -> Pipeline:
    """Return the graph of the evaluation."""
    results = [f"{model_type}.hpo_results" for model_type in MODEL_TYPES]
    holdouts = [f"{model_type}.holdout" for model_type in MODEL_TYPES]
    return per_model(_nodes) + Pipeline(
        [
            node(judge_baselines, ["panel", "folds", *_PARAMETERS], "baselines", name="judge_baselines"),
            node(make_report, ["baselines", *results, *holdouts], "report", name="make_report"),
        ]
    )
