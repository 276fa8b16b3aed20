"""What the studies say about the search, also while it runs."""

from collections.abc import Sequence

from kedro.pipeline import Pipeline, node
from kedro.pipeline.node import Node

from trading_hpo.pipelines.adapters import by_name, each, mapping_node, of_model
from trading_hpo.pipelines.analysis.nodes import (
    compare_searches,
    draw_folds,
    draw_importance,
    draw_overfitting,
    draw_study,
    importance,
)
from trading_hpo.pipelines.analysis.validation_nodes import judge_validation
from trading_hpo.pipelines.namespaces import per_model, stage
from trading_hpo.pipelines.page_nodes import write_search_page

# After the search where both run; of a search in another process, the summary is an older one or none.
_READ = ("study", "search_summary")
_OF_ALL = ("convergence_figure", "comparison_figure", "folds_figure", "overfitting_figure")
_TESTED = {"validation": "validation_tests", "selection": "selection_statistics"}
_OF_EACH = ("history_figure", "importance_figure", "slice_figure", "parallel_figure", "pareto_figure")


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
    read = {"refs": each("study"), "_searched": each("search_summary")}
    # First by name where nothing orders them: without any study it refuses before anything is drawn.
    compare = mapping_node(
        compare_searches,
        read,
        ["convergence_figure", "comparison_figure"],
        name="all_searches",
    )
    folds = mapping_node(
        draw_folds, {"folds": "folds", "prepared": "prepared", **read}, "folds_figure", name="draw_folds"
    )
    page = mapping_node(
        write_search_page,
        {"parameters": "parameters", **read, **_TESTED, "figures": by_name(search_figures())},
        "search_page",
        name="write_search_page",
    )
    overfitting = node(draw_overfitting, "selection_statistics", "overfitting_figure", name="draw_overfitting")
    return validation_tested() + stage("analysis", [per_model(_nodes), compare, folds, overfitting, page])


def validation_tested() -> Pipeline:
    """Return the tests of validation, which the evaluation brings along, too: reused while nothing has changed."""
    tested = mapping_node(
        judge_validation,
        {"refs": each("study"), "trial_ledger": "trial_ledger", "_searched": each("search_summary")},
        list(_TESTED.values()),
        name="judge_validation",
    )
    return stage("analysis", [tested])


def search_figures() -> list[str]:
    """Return the names of all figures of the searches."""
    return [*_OF_ALL, *(dataset for name in _OF_EACH for dataset in each(name).values())]
