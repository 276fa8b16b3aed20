"""Adapter between the catalog and the audit: how this project makes its data, as functions."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from trading_hpo.audit.audit import audit
from trading_hpo.audit.rebuild import Rebuild
from trading_hpo.market.bars import clean_bars
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.pipelines.data_engineering.nodes import make_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import split_from_table
from trading_hpo.splits.lookback import divide
from trading_hpo.study.conditions import check_prepared
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.types import Panel


def audit_data(
    raw: pd.DataFrame,
    assets: str | Sequence[str],
    sources: SourcesConfig,
    source: str,
    features: FeaturesConfig,
    labels: LabelsConfig,
    folds: FoldsConfig,
    holdout: HoldoutConfig,
    clip_sigma: float,
    window_bars: int,
    panel: Panel,
    fold_table: pd.DataFrame,
    prepared: dict[str, Any],
    terms: dict[str, Any],
) -> dict[str, Any]:
    """Audit the prepared data, made again from the source's bars.

    Raises:
        StaleInputError: Other data are prepared than the settings of this run ask for.
        DataError: The source does not give them, or their folds, again.
    """
    check_prepared(prepared, panel, terms)

    def scale(panel: Panel, rows: Int[np.ndarray, " N"]) -> Float[np.ndarray, "S F"]:
        from trading_hpo.training.windows import Scaler  # torch: a run with nothing to do is quick without it

        scaler = Scaler.fit(panel, rows, clip_sigma)
        return np.stack([scaler.mean.numpy(), scaler.spread.numpy()])

    rebuild = Rebuild(
        clean=lambda raw: clean_bars(raw, assets, sources, source),
        features=lambda bars: build_features(bars, features),
        panel=lambda bars, table: make_panel(table, build_labels(bars, labels), labels, source, sources, bars),
        split=lambda panel: divide(panel, folds, holdout, window_bars),
        scale=scale,
        window_bars=window_bars,
    )
    with _without_warnings():
        return audit(raw, rebuild, panel, split_from_table(fold_table), folds.stop_fraction, terms).record()


@contextmanager
def _without_warnings() -> Iterator[None]:
    """What is unusual in the bars has been said when they were prepared, and means nothing of shuffled ones."""
    market = logging.getLogger("trading_hpo.market")
    level = market.level
    market.setLevel(logging.ERROR)
    try:
        yield
    finally:
        market.setLevel(level)
