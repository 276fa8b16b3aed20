"""Panels and folds of any task, from the same few random bars."""

from functools import cache

import numpy as np
import pandas as pd

from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import Split, build_split
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import label_of
from trading_hpo.types import Panel

N_BARS, H = 300, 3


@cache
def data_of(task: str) -> tuple[Panel, Split]:
    random = np.random.default_rng(3)
    days = pd.date_range("2020-01-01", periods=N_BARS, tz="UTC").as_unit("ns")
    parts = []
    for asset in ("A", "B"):
        close = 100 * np.exp(np.cumsum(random.normal(0, 0.02, N_BARS)))
        reach = np.abs(random.normal(0, 0.01, (2, N_BARS)))
        parts.append(
            pd.DataFrame(
                {
                    "timestamp": days,
                    "asset": asset,
                    "open": close,
                    "high": close * (1 + reach[0]),
                    "low": close * (1 - reach[1]),
                    "close": close,
                    "volume": 1e6,
                }
            )
        )
    bars = pd.concat(parts, ignore_index=True)
    labels = LabelsConfig(kind=task, horizon_bars=H, median_bars=20)
    features = build_features(bars, FeaturesConfig(names=("return_1", "volatility_5", "bar_range")))
    panel = build_panel(features, build_labels(bars, labels), label_of(labels.task), 252.0)
    return panel, build_split(panel, FoldsConfig(n_folds=1, stop_fraction=0.3), HoldoutConfig(fraction=0.2))
