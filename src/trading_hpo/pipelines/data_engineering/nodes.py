"""Adapters between the catalog and the market and splits rooms."""

import logging
from typing import Any

import pandas as pd

from trading_hpo.market.bars_per_year import bars_per_year
from trading_hpo.market.panel import build_panel, panel_digest
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split, split_to_table
from trading_hpo.splits.lookback import cost_in_words, divide
from trading_hpo.splits.samples import check_final_training, check_samples, in_words, sample_counts, untrained
from trading_hpo.study.config import common_window
from trading_hpo.study.search_spaces import CustomSpacesConfig, SearchSpacesConfig
from trading_hpo.tasks.labels import LabelsConfig
from trading_hpo.tasks.registry import label_of
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel

logger = logging.getLogger(__name__)


def make_panel(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    config: LabelsConfig,
    source: str,
    sources: SourcesConfig,
    bars: pd.DataFrame | None = None,
) -> Panel:
    """Lay features and labels out, with the bars per year of the source and the regimes that the bars may name."""
    stamps = pd.DatetimeIndex(features["timestamp"].unique())
    return build_panel(features, labels, label_of(config.task), bars_per_year(source, sources, stamps), bars)


def find_window(
    labels: LabelsConfig, spaces: SearchSpacesConfig, custom: CustomSpacesConfig, training: TrainingConfig
) -> int:
    """Return the longest window of the search."""
    return common_window(labels.task.target_kind, spaces, training, custom)


def make_folds(
    panel: Panel, folds: FoldsConfig, holdout: HoldoutConfig, window_bars: int, terms: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Divide the bars, refuse roles that nothing can be learned from, and count the samples of the others.

    Beside folds and counts there is a record of which panel was divided, and of the settings that have led to both.
    """
    split = divide(panel, folds, holdout, window_bars)
    check_samples(panel, split, window_bars)
    check_final_training(panel, split, folds.stop_fraction, window_bars)
    counts = sample_counts(panel, split, window_bars)
    logger.info(in_words(counts))
    if folds.purge_windows:
        logger.info(cost_in_words(panel, split, build_split(panel, folds, holdout), window_bars))
    if names := untrained(counts):
        logger.warning(
            "%s: no train sample in a fold that validates it; what a network knows of such an asset is random.",
            ", ".join(names),
        )
    return split_to_table(split, panel), counts, {"panel_digest": panel_digest(panel), "terms": terms}
