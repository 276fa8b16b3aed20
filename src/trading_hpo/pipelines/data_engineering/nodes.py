"""Adapters between the catalog and the market and splits rooms."""

import pandas as pd

from trading_hpo.market.panel import build_panel
from trading_hpo.market.sources import SourcesConfig, bars_per_year
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split, check_classes, split_to_table
from trading_hpo.study.config import common_window
from trading_hpo.study.search_spaces import CustomSpacesConfig, SearchSpacesConfig
from trading_hpo.tasks.labels import LabelsConfig
from trading_hpo.tasks.registry import label_of
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel


def make_panel(
    features: pd.DataFrame, labels: pd.DataFrame, config: LabelsConfig, source: str, sources: SourcesConfig
) -> Panel:
    """Lay features and labels out, with the source's own bars per year."""
    return build_panel(features, labels, label_of(config.task), bars_per_year(source, sources))


def find_window(
    labels: LabelsConfig, spaces: SearchSpacesConfig, custom: CustomSpacesConfig, training: TrainingConfig
) -> int:
    """Return the longest window of the search."""
    return common_window(labels.task.target_kind, spaces, training, custom)


def make_folds(panel: Panel, folds: FoldsConfig, holdout: HoldoutConfig, window_bars: int) -> pd.DataFrame:
    """Divide the bars and refuse roles that nothing can be learned from with the longest window of the search."""
    split = build_split(panel, folds, holdout)
    check_classes(panel, split, window_bars)
    return split_to_table(split, panel)
