"""Bars -> labels: what a model should foretell, and when it becomes known."""

from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from trading_hpo.configuration import Config
from trading_hpo.types import Task

LabelKind = Literal["direction", "forward_return", "volatility"]


class LabelsConfig(Config):
    """What is foretold."""

    kind: LabelKind = "direction"
    horizon_bars: int = Field(default=1, ge=1, le=1000, strict=True)
    threshold: float = Field(default=0.0, description="direction: the forward return must exceed it")
    median_bars: int = Field(default=252, ge=2, strict=True, description="volatility: trailing window of the median")

    @property
    def task(self) -> Task:
        """Whether the target is a class or a number."""
        return "regression" if self.kind == "forward_return" else "classification"

    @property
    def volatility_bars(self) -> int:
        """Bars whose realised volatility is foretold; one bar has none, so 1 stands for 5."""
        return self.horizon_bars if self.horizon_bars > 1 else 5

    @property
    def steps(self) -> int:
        """H, the bars from a row to the end of its label."""
        return self.volatility_bars if self.kind == "volatility" else self.horizon_bars


def build_labels(bars: pd.DataFrame, labels: LabelsConfig) -> pd.DataFrame:
    """Compute the label of every bar that has one.

    **Looks ahead:** label only. ``target`` and ``forward_return_k`` read the asset's next H bars, to
    ``label_end``; the median of the volatility label reads only bars up to the row itself.

    Args:
        bars: Cleaned bars, sorted by asset and time.
        labels: Kind and horizon.

    Returns:
        Long table ``timestamp, asset, target, label_end, forward_return_1..H``. ``label_end`` is the
        timestamp of the bar at which the label becomes known; rows without a label are left out.
    """
    parts = [_of_one_asset(own.reset_index(drop=True), labels) for _, own in bars.groupby("asset", sort=True)]
    return pd.concat(parts, ignore_index=True)


def _of_one_asset(bars: pd.DataFrame, labels: LabelsConfig) -> pd.DataFrame:
    steps = labels.steps
    close = bars["close"]
    one_bar = close.pct_change(fill_method=None)
    table = pd.DataFrame(
        {
            "timestamp": bars["timestamp"],
            "asset": bars["asset"],
            "target": _target(close, labels),
            "label_end": bars["timestamp"].shift(-steps),
            **{f"forward_return_{k}": one_bar.shift(-k) for k in range(1, steps + 1)},
        }
    )
    known = table["label_end"].notna() & table["target"].notna()
    return table[known].astype(
        {name: "float32" for name in table.columns if str(name).startswith(("target", "forward_"))}
    )


def _target(close: pd.Series, labels: LabelsConfig) -> pd.Series:
    if labels.kind == "volatility":
        return _volatility_target(close, labels.volatility_bars, labels.median_bars)
    forward = close.shift(-labels.horizon_bars) / close - 1
    if labels.kind == "forward_return":
        return forward
    return (forward > labels.threshold).astype("float64").where(forward.notna())


def _volatility_target(close: pd.Series, horizon: int, median_bars: int) -> pd.Series:
    """1 where the next bars' realised volatility exceeds the trailing median of the same measure."""
    squared = pd.Series(np.log(close.to_numpy())).diff() ** 2
    realised = squared.rolling(horizon).sum() ** 0.5
    usual = realised.rolling(median_bars).median()
    ahead = realised.shift(-horizon)
    return (ahead > usual).astype("float64").where(ahead.notna() & usual.notna())
