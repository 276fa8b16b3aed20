"""One look at the sealed holdout per final network, its pictures, and the report."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.pipelines.evaluation.nodes import (
    draw_calibration,
    draw_holdout,
    judge_baselines,
    look_at_holdout,
    make_report,
    tabulate_holdout,
)
from trading_hpo.pipelines.per_model import of_model, per_model

_PARAMETERS = ["params:search_spaces", "params:training", "params:backtest", "params:hpo"]


_LOOK = ["holdout", "holdout_forecasts", "holdout_returns"]


def _nodes(model_type: str) -> Sequence[Node]:
    return [
        node(look_at_holdout, ["network", "panel", "folds", *_PARAMETERS], _LOOK, name="look_at_holdout"),
        node(
            of_model(draw_calibration, model_type),
            ["holdout_forecasts", "holdout"],
            "calibration_figure",
            name="draw_calibration",
        ),
    ]


def create_pipeline() -> Pipeline:
    """Return the graph of the evaluation."""
    results, holdouts, returns, forecasts = (
        [f"{model_type}.{name}" for model_type in MODEL_TYPES]
        for name in ("hpo_results", "holdout", "holdout_returns", "holdout_forecasts")
    )
    judge = node(
        judge_baselines, ["panel", "folds", *_PARAMETERS], ["baselines", "baseline_returns"], name="judge_baselines"
    )
    return per_model(_nodes) + Pipeline(
        [
            judge,
            node(draw_holdout, ["baseline_returns", *returns], "equity_figure", name="draw_holdout"),
            node(
                tabulate_holdout,
                ["panel", "baseline_returns", *returns, *forecasts],
                ["confusion_table", "yearly_table"],
                name="tabulate_holdout",
            ),
            node(make_report, ["baselines", *results, *holdouts], "report", name="make_report"),
        ]
    )
