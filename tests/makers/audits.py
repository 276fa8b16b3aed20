"""Bars to audit, and how data are made of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trading_hpo.audit.rebuild import Rebuild
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import label_of
from trading_hpo.types import Panel

WINDOW = 3


def business_days(n: int = 500, assets: Sequence[str] = ("A", "B"), seed: int = 0) -> pd.DataFrame:
    """Random bars of business days; every asset but the first begins some days later."""
    random, parts = np.random.default_rng(seed), []
    days = pd.date_range("2020-01-01", periods=n, freq="B", tz="UTC").as_unit("ns")
    for number, asset in enumerate(assets):
        own = days[15 * number :]
        close = 100 * np.exp(np.cumsum(random.normal(0, 0.02, len(own))))
        opened = np.r_[close[0], close[:-1]] * np.exp(random.normal(0, 0.005, len(own)))
        parts.append(
            pd.DataFrame(
                {
                    "timestamp": own,
                    "asset": asset,
                    "open": opened,
                    "high": np.maximum(opened, close) * random.uniform(1, 1.02, len(own)),
                    "low": np.minimum(opened, close) * random.uniform(0.98, 1, len(own)),
                    "close": close,
                    "volume": random.integers(1, 10_000, len(own)).astype(float),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def scale_of(panel: Panel, rows: np.ndarray) -> np.ndarray:
    """Mean and spread of the rows alone."""
    return np.stack([panel.features[rows].mean(axis=0), panel.features[rows].std(axis=0)])


def project(names: Sequence[str] = ("return_1",), labels: LabelsConfig | None = None, **steps: Any) -> Rebuild:
    """How a project with these features and labels makes its data; single steps may be others."""
    chosen, task = FeaturesConfig(names=tuple(names)), labels or LabelsConfig()
    usual: dict[str, Any] = {
        "clean": lambda raw: raw.reset_index(drop=True),  # the bars above are clean, and the checks take a second
        "features": lambda bars: build_features(bars, chosen),
        "panel": lambda bars, table: build_panel(table, build_labels(bars, task), label_of(task.task), 252.0),
        "split": lambda panel: build_split(panel, FoldsConfig(n_folds=2), HoldoutConfig()),
        "scale": scale_of,
        "window_bars": WINDOW,
    }
    return Rebuild(**{**usual, **steps})
