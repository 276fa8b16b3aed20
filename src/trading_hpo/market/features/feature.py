"""What a feature is, and its values as columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Float

from trading_hpo.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: how it is computed from bars, and how much history its values need.

    It does not change when all prices of an asset are multiplied by a constant.

    Attributes:
        compute: Bars in time order, numbered from 0 -> one value per bar: a series, or a table with the columns
            ``outputs``. A value at bar t reads bars up to t. Whatever it gives for an asset's first ``warmup_bars``
            bars is replaced by missing values; after them every value is finite.
        warmup_bars: Own bars before an asset's first value. With a finite memory, the distance to the earliest bar
            that a value reads; with a decaying one, where two starts of history agree to 1e-6.
        columns: Columns of the bars that it needs.
        outputs: Of a feature with several values per bar; a feature ``x`` with the outputs ``a, b`` gives the columns
            ``x_a, x_b``. Empty: one value per bar, in the column ``x``.
        scope: Whether ``compute`` gets the bars of one asset, or those of all assets, asset after asset: a value then
            reads bars of any asset up to its own timestamp.
        memory: Whether a value forgets what is ``warmup_bars`` back, or only nearly.
    """

    compute: Callable[[pd.DataFrame], pd.Series | pd.DataFrame]
    warmup_bars: int
    columns: tuple[str, ...] = ("close",)
    outputs: tuple[str, ...] = ()
    scope: Literal["asset", "market"] = "asset"
    memory: Literal["finite", "decaying"] = "finite"

    def names(self, name: str) -> tuple[str, ...]:
        """Return the columns that it gives under its name in the registry.

        Example:
            >>> Feature(lambda bars: bars, 0, outputs=("fast", "slow")).names("trend")
            ('trend_fast', 'trend_slow')
        """
        return tuple(f"{name}_{output}" for output in self.outputs) or (name,)


def values_of(name: str, feature: Feature, bars: pd.DataFrame, of_assets: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return a feature's columns, missing where an asset's history is too short.

    **Looks ahead:** never.

    Args:
        name: Of the feature, for its columns.
        feature: What is computed.
        bars: Of all assets, asset after asset and in time order, numbered from 0.
        of_assets: The same asset by asset, each numbered from 0.

    Raises:
        ConfigurationError: It gives other columns than it declares, or not one value per bar.
    """
    values = np.empty((len(bars), len(feature.names(name))))
    start = 0
    for own in of_assets if feature.scope == "asset" else [bars]:
        values[start : start + len(own)] = _computed(name, feature, own)
        start += len(own)
    start = 0
    for own in of_assets:
        values[start : start + min(feature.warmup_bars, len(own))] = np.nan
        start += len(own)
    return pd.DataFrame(values, columns=list(feature.names(name)))


def _computed(name: str, feature: Feature, bars: pd.DataFrame) -> Float[np.ndarray, "T O"]:
    found = feature.compute(bars)
    columns = (name,) if isinstance(found, pd.Series) else tuple(f"{name}_{column}" for column in found.columns)
    if columns != feature.names(name) or not found.index.equals(bars.index):
        raise ConfigurationError(
            [
                f"feature {name!r} must give {', '.join(feature.names(name))} for each of {len(bars)} bars, got "
                f"{', '.join(columns)} for {len(found)}. Correct its compute, or its outputs."
            ]
        )
    return found.to_numpy(dtype="float64").reshape(len(bars), len(columns))
