"""Bars -> the table of features."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trading_hpo.errors import DataError
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.features.feature import values_of
from trading_hpo.market.features.registry import FEATURES, STANDARD


def build_features(bars: pd.DataFrame, features: FeaturesConfig) -> pd.DataFrame:
    """Compute the features of every asset.

    **Looks ahead:** never; a value at bar t reads bars up to t.

    Args:
        bars: Cleaned bars, sorted by asset and time.
        features: Names, or none for the standard ones that the columns allow.

    Returns:
        Long table ``timestamp, asset, <feature>...`` in float32; missing where history is too short.

    Raises:
        DataError: A named feature lacks its columns; a value is infinite; history is too short for any row.
    """
    chosen = chosen_features(features, list(bars.columns))
    table = bars.sort_values("asset", kind="stable", ignore_index=True)
    # float32 may overflow where float64 did not: the check below finds it.
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        own = [part.reset_index(drop=True) for _, part in table.groupby("asset", sort=False)]
        values = [values_of(name, FEATURES[name], table, own).astype("float32") for name in chosen]
    built = pd.concat([table[["timestamp", "asset"]], *values], axis=1)
    columns = list(built.columns[2:])
    problems = _infinite(built, columns)
    if not problems and built[columns].isna().any(axis=1).all():
        problems = [_too_short(bars, chosen)]
    if problems:
        raise DataError(problems)
    return built


def chosen_features(features: FeaturesConfig, columns: Sequence[str]) -> list[str]:
    """Return the names to build from bars with ``columns``.

    Raises:
        DataError: A named feature needs a column that is not there.
    """
    if features.names is None:
        return [name for name in STANDARD if set(FEATURES[name].columns) <= set(columns)]
    problems = [
        f"feature {name!r} needs the column {column!r}, which the source lacks. "
        "Leave it out of features.names or choose a source with OHLCV bars."
        for name in features.names
        for column in FEATURES[name].columns
        if column not in columns
    ]
    if problems:
        raise DataError(problems)
    return list(features.names)


def _infinite(built: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    problems = []
    for name in columns:
        infinite = np.isinf(built[name].to_numpy())
        if infinite.any():
            first = built[infinite].iloc[0]
            problems.append(
                f"feature {name} must be finite, got {int(infinite.sum())} infinite values, the first for "
                f"{first['asset']} at {first['timestamp']}. Look at the bars it reads, or leave it out of "
                "features.names."
            )
    return problems


def _too_short(bars: pd.DataFrame, names: Sequence[str]) -> str:
    longest = max(names, key=lambda name: FEATURES[name].warmup_bars)
    counts = bars["asset"].value_counts()
    return (
        f"bars must be more than the {FEATURES[longest].warmup_bars} that feature {longest} looks back, got at most "
        f"{counts.iloc[0]} for {counts.index[0]} from {bars['timestamp'].min()}. "
        "Use longer data, or leave it out of features.names."
    )
