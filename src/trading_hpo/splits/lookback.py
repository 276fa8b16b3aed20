"""How far back a row's features read, and what it costs to purge the rows that read validation labels."""

import numpy as np

from trading_hpo.market.features.registry import FEATURES
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import Split, build_split
from trading_hpo.types import Panel

LEARNED_FROM = ("train", "stop")


def lookback_bars(panel: Panel, window_bars: int) -> int:
    """Return the own bars before a row that its window reads, each with the history of its longest feature.

    Of a feature with a decaying memory it is where the rest is too little to matter (``Feature.memory``). A column
    that no feature of the registry makes counts as known at its own bar.

    **Looks ahead:** never.

    Args:
        panel: With the names of its features.
        window_bars: Longest window of the search.
    """
    known = {column: FEATURES[name].warmup_bars for name in FEATURES for column in FEATURES[name].names(name)}
    return window_bars - 1 + max((known.get(column, 0) for column in panel.feature_names), default=0)


def divide(panel: Panel, folds: FoldsConfig, holdout: HoldoutConfig, window_bars: int) -> Split:
    """Divide the bars as the settings ask for: with ``folds.purge_windows``, by what the rows of this panel look back.

    **Looks ahead:** label only; label ends decide what is purged.

    Args:
        panel: Rows with their label ends.
        folds: Scheme, number, stop share, embargo, and whether windows are purged.
        holdout: Share or first day.
        window_bars: Longest window of the search.

    Raises:
        DataError: Too few bars; the message says how many are needed.
        ConfigurationError: Validation blocks are no longer than the embargo, or than a label between them.
    """
    return build_split(panel, folds, holdout, lookback_bars(panel, window_bars) if folds.purge_windows else 0)


def cost_in_words(panel: Panel, purged: Split, whole: Split, window_bars: int) -> str:
    """Return in one line how many rows of train and stop are lost over all folds.

    Args:
        panel: The rows.
        purged: The folds.
        whole: The same without that purge.
        window_bars: Longest window of the search.
    """
    left, whole_rows = (
        np.array(
            [sum(len(split.rows(panel, fold, role, window_bars)) for role in LEARNED_FROM) for fold in split.folds]
        )
        for split in (purged, whole)
    )
    lost, reach = whole_rows - left, max(fold.lookback_bars for fold in purged.folds)
    shares = lost / whole_rows
    return (
        f"folds.purge_windows: features look back {reach} bars. Of {whole_rows.sum():,} rows of train and stop, over "
        f"all folds, {lost.sum():,} are left out ({lost.sum() / whole_rows.sum():.0%}; of a fold {shares.min():.0%} to "
        f"{shares.max():.0%})."
    )
