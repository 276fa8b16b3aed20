"""One look at the sealed holdout per final network, its pictures, and the report."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.pipelines.adapters import by_name, each, mapping_node, of_model
from trading_hpo.pipelines.analysis.pipeline import search_figures, validation_tested
from trading_hpo.pipelines.evaluation.nodes import (
    compare_with_reference,
    draw_calibration,
    draw_holdout,
    draw_trades,
    judge_baselines,
    judge_verdicts,
    look_at_holdout,
    make_report,
    tabulate_holdout,
    tabulate_trades,
)
from trading_hpo.pipelines.namespaces import per_model, stage
from trading_hpo.pipelines.page_nodes import write_page

_LOOK = ["holdout", "holdout_forecasts", "holdout_returns", "holdout_assets"]
_TRADES = ["monthly_table", "exposure_table", "costs_table"]
_DRAWN = ["monthly_figure", "exposure_figure", "costs_figure", "assets_figure"]


def _nodes(model_type: str) -> Sequence[Node]:
    return [
        node(
            look_at_holdout,
            ["network", "kept_panels", "trial_ledger", "params:study_terms", "params:backtest"],
            _LOOK,
            name="look_at_holdout",
        ),
        node(
            of_model(draw_calibration, model_type),
            ["holdout_forecasts", "holdout"],
            "calibration_figure",
            name="draw_calibration",
        ),
    ]


def create_pipeline() -> Pipeline:
    """Return the graph of the evaluation."""
    holdouts, returns = each("holdout"), each("holdout_returns")
    drawn: dict[str, str | dict[str, str]] = {
        "base": "baselines",
        "held": "baseline_returns",
        "holdouts": holdouts,
        "returns": returns,
    }
    return validation_tested() + stage(
        "evaluation",
        [
            per_model(_nodes),
            mapping_node(
                judge_baselines,
                {"results": each("hpo_results"), "panels": "kept_panels", "backtest": "params:backtest"},
                ["baselines", "baseline_returns"],
                name="judge_baselines",
            ),
            mapping_node(
                judge_verdicts,
                {**drawn, "validation": "validation_tests", "results": each("hpo_results")},
                "verdicts",
                name="judge_verdicts",
            ),
            mapping_node(
                compare_with_reference,
                {"refs": each("study"), "results": each("hpo_results"), "base": "baselines"},
                "against_reference",
                name="compare_with_reference",
            ),
            mapping_node(draw_holdout, drawn, "equity_figure", name="draw_holdout"),
            mapping_node(
                tabulate_holdout,
                {**drawn, "forecasts": each("holdout_forecasts")},
                ["confusion_table", "yearly_table"],
                name="tabulate_holdout",
            ),
            mapping_node(
                make_report,
                {
                    "base": "baselines",
                    "results": each("hpo_results"),
                    "holdouts": holdouts,
                    "judged": "verdicts",
                    "compared": "against_reference",
                    "selection": "selection_statistics",
                },
                "report",
                name="make_report",
            ),
            mapping_node(tabulate_trades, {**drawn, "backtest": "params:backtest"}, _TRADES, name="tabulate_trades"),
            mapping_node(
                draw_trades,
                {
                    "base": "baselines",
                    "holdouts": holdouts,
                    "assets": each("holdout_assets"),
                    **dict(zip(("months", "exposure", "costs"), _TRADES, strict=True)),
                    "backtest": "params:backtest",
                },
                _DRAWN,
                name="draw_trades",
            ),
            _page(),
        ],
    )


def _page() -> Node:
    """Return the last node, which reads what all others have left."""
    figures = [*search_figures(), "equity_figure", *_DRAWN, *each("calibration_figure").values()]
    return mapping_node(
        write_page,
        {
            "parameters": "parameters",
            "results": each("hpo_results"),
            "base": "baselines",
            "holdouts": each("holdout"),
            "report": "report",
            "selection": "selection_statistics",
            "tables": {name: name for name in ("yearly_table", "costs_table", "confusion_table")},
            "assets": each("holdout_assets"),
            "figures": by_name(figures),
        },
        ["report_page", "report_text"],
        name="write_page",
    )
