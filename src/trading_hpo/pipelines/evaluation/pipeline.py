"""One look at the sealed holdout per final network, its pictures, and the report."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.pipelines.adapters import each, mapping_node, of_model
from trading_hpo.pipelines.evaluation.nodes import (
    draw_calibration,
    draw_holdout,
    judge_baselines,
    look_at_holdout,
    make_report,
    tabulate_holdout,
)
from trading_hpo.pipelines.namespaces import per_model, stage

_JUDGED_ON = ["panel", "folds", "window_bars", "params:backtest"]
_LOOK = ["holdout", "holdout_forecasts", "holdout_returns"]


def _nodes(model_type: str) -> Sequence[Node]:
    return [
        node(look_at_holdout, ["network", *_JUDGED_ON], _LOOK, name="look_at_holdout"),
        node(
            of_model(draw_calibration, model_type),
            ["holdout_forecasts", "holdout"],
            "calibration_figure",
            name="draw_calibration",
        ),
    ]


def create_pipeline() -> Pipeline:
    """Return the graph of the evaluation."""
    returns, forecasts = each("holdout_returns"), each("holdout_forecasts")
    return stage(
        "evaluation",
        [
            per_model(_nodes),
            node(judge_baselines, _JUDGED_ON, ["baselines", "baseline_returns"], name="judge_baselines"),
            mapping_node(
                draw_holdout, {"held": "baseline_returns", "returns": returns}, "equity_figure", name="draw_holdout"
            ),
            mapping_node(
                tabulate_holdout,
                {"panel": "panel", "held": "baseline_returns", "returns": returns, "forecasts": forecasts},
                ["confusion_table", "yearly_table"],
                name="tabulate_holdout",
            ),
            mapping_node(
                make_report,
                {"base": "baselines", "results": each("hpo_results"), "holdouts": each("holdout")},
                "report",
                name="make_report",
            ),
        ],
    )
