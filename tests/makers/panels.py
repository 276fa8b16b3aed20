"""Panels of tests: one of any size, with whatever a test wants to be different, and one with something to learn."""

import string
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from trading_hpo.types import Panel

LAID_OUT = ("features", "forward_return", "target", "label_end", "observed", "labelled")


def panel_of(
    n_assets: int = 2,
    n_bars: int = 120,
    *,
    horizon: int = 1,
    n_features: int = 1,
    seed: int | None = None,
    start: str = "2020-01-01",
    **fields: Any,
) -> Panel:
    """A panel whose labels reach over an asset's next ``horizon`` bars, as far as there are bars.

    Args:
        n_assets: A.
        n_bars: T.
        horizon: H.
        n_features: F.
        seed: Of random returns, whose sign is the target, and random features; all are zero without one.
        start: Day of the first bar; one follows each day.
        fields: Of the panel, instead of those; arrays as assets by bars. ``present`` [A, T] says which bars exist, and
            ``observed`` of which all features are known. Labels reach over bars of which neither is.
    """
    if "present" in fields or "observed" in fields:
        n_assets, n_bars = np.shape(fields.get("present", fields.get("observed")))
    present = np.asarray(fields.pop("present", np.ones((n_assets, n_bars))), dtype=bool)
    observed = np.asarray(fields.pop("observed", present), dtype=bool)
    random = np.random.default_rng(seed)
    moves = random.normal(0, 0.02 if seed is not None else 0, (n_assets, n_bars + horizon)).astype("f4")
    forward = np.stack([moves[:, ahead : ahead + n_bars] for ahead in range(horizon)], axis=2)
    label_end = np.full(observed.shape, n_bars, dtype=np.int64)
    for asset, known in enumerate(observed & present):
        own = np.flatnonzero(known)
        label_end[asset, own[:-horizon]] = own[horizon:]
    labelled = label_end < n_bars
    made = {
        "features": random.normal(0, float(seed is not None), (*observed.shape, n_features)).astype("f4"),
        "forward_return": np.where(labelled[..., None], forward, 0).astype("f4"),
        "target": ((1 + forward).prod(axis=2) > 1).astype("f4")[..., None],
        "label_end": label_end,
        "observed": observed,
        "labelled": labelled,
        "timestamps": pd.date_range(start, periods=n_bars, tz="UTC").as_unit("ns"),
        "assets": tuple(string.ascii_uppercase[:n_assets]),
        "feature_names": tuple(f"x{number}" for number in range(n_features)),
    }
    made |= fields
    asset, bar = np.nonzero(present)
    rows = {name: np.asarray(value)[present] for name, value in made.items() if name in LAID_OUT}
    return Panel(**{**made, **rows, "asset": asset, "bar": bar})


def laid_out(panel: Panel, name: str, nowhere: float = 0) -> np.ndarray:
    """One of the panel's arrays as assets by bars; ``nowhere`` where an asset has no bar."""
    values = getattr(panel, name)
    full = np.full((panel.n_assets, panel.n_bars, *values.shape[1:]), nowhere, dtype=values.dtype)
    full[panel.asset, panel.bar] = values
    return full


def with_laid_out(panel: Panel, **fields: np.ndarray) -> Panel:
    """The panel with some arrays taken from others that are assets by bars."""
    return replace(panel, **{name: np.asarray(values)[panel.asset, panel.bar] for name, values in fields.items()})


def planted_panel(n_bars: int = 600, n_assets: int = 3, seed: int = 0) -> Panel:
    """A panel whose next move follows the sign of its first feature three times out of four."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_assets, n_bars, 3)).astype("float32")
    follows = rng.random((n_assets, n_bars)) < 0.75
    up = np.where(follows, features[..., 0] > 0, features[..., 0] <= 0)
    moves = np.where(up, 0.01, -0.01) * rng.uniform(0.5, 1.5, (n_assets, n_bars))
    labelled = np.arange(n_bars) < n_bars - 1
    return panel_of(
        n_assets,
        n_bars,
        start="2015-01-01",
        features=features,
        forward_return=(moves * labelled).astype("float32")[..., None],
        target=(up & labelled).astype("float32")[..., None],
        assets=tuple(f"A{number}" for number in range(n_assets)),
        feature_names=("signal", "noise_1", "noise_2"),
    )
