"""Bars -> features and labels -> panel -> folds; the window that all of the search has."""

from kedro.pipeline import Pipeline, node

from trading_hpo.market.bars import clean_bars
from trading_hpo.market.features.build import build_features
from trading_hpo.pipelines.data_engineering.nodes import find_window, make_folds, make_panel
from trading_hpo.pipelines.namespaces import stage
from trading_hpo.runner.reusing import ALL_OR_NOTHING
from trading_hpo.tasks.labels import build_labels


def create_pipeline() -> Pipeline:
    """Return the graph of data engineering."""
    return stage(
        "data_engineering",
        [
            node(
                clean_bars, ["raw_bars", "params:assets", "params:sources", "params:source"], "bars", name="clean_bars"
            ),
            node(build_features, ["bars", "params:features"], "features", name="build_features"),
            node(build_labels, ["bars", "params:labels"], "labels", name="build_labels"),
            node(
                make_panel,
                ["features", "labels", "params:labels", "params:source", "params:sources", "bars"],
                "panel",
                name="build_panel",
            ),
            node(
                find_window,
                [
                    "params:labels",
                    "params:search_spaces",
                    "params:hpo.custom_search_spaces",
                    "params:training",
                ],
                "window_bars",
                name="find_window",
            ),
            node(
                make_folds,
                ["panel", "params:folds", "params:holdout", "window_bars", "params:data_terms"],
                ["folds", "samples", "prepared"],
                name="build_folds",
            ),
        ],
        tags=[ALL_OR_NOTHING],
    )
