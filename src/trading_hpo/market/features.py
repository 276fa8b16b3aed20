"""Bars -> features: what a model may know at the close of a bar."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from trading_hpo.configuration import Config
from trading_hpo.errors import DataError, did_you_mean

_YEAR, _MONTH = 252, 21  # bars; the months of "momentum 12-1" on daily data


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: how it is computed from the bars of one asset.

    Attributes:
        compute: Bars of one asset in time order -> one value per bar; missing where history is too short.
        lookback_bars: Distance to the earliest bar that it reads.
        columns: Columns of the bars that it needs.
    """

    compute: Callable[[pd.DataFrame], pd.Series]
    lookback_bars: int
    columns: tuple[str, ...] = ("close",)


def _log(values: pd.Series) -> pd.Series:
    return pd.Series(np.log(values.to_numpy()), index=values.index)


def _log_return(close: pd.Series, bars: int = 1) -> pd.Series:
    return _log(close).diff(bars)


def _rolling_std(values: pd.Series, bars: int) -> pd.Series:
    """Each window for itself: pandas' running sums leave a residue where the market has stopped."""
    if len(values) < bars:
        return pd.Series(np.nan, index=values.index)
    windows = np.lib.stride_tricks.sliding_window_view(values.to_numpy(), bars)
    return pd.Series(windows.std(axis=1, ddof=1), index=values.index[bars - 1 :]).reindex(values.index)


def _return(bars: int) -> Feature:
    return Feature(lambda table: _log_return(table["close"], bars), bars)


def _volatility(bars: int) -> Feature:
    return Feature(lambda table: _rolling_std(_log_return(table["close"]), bars), bars)


def _ma_distance(bars: int) -> Feature:
    return Feature(lambda table: table["close"] / table["close"].rolling(bars).mean() - 1, bars - 1)


def _rsi(bars: int) -> Feature:
    """Relative strength index of Wilder (1978) with plain means, scaled to -1..1; 0 where nothing moved."""

    def compute(table: pd.DataFrame) -> pd.Series:
        change = table["close"].diff()
        gain = change.clip(lower=0).rolling(bars).mean()
        loss = (-change.clip(upper=0)).rolling(bars).mean()
        return ((gain - loss) / (gain + loss).where(gain + loss > 0)).mask((gain + loss) == 0, 0.0)

    return Feature(compute, bars)


def _volatility_ratio(fast: int, slow: int) -> Feature:
    """How much livelier the market is than usual; 1 where it did not move at all."""

    def compute(table: pd.DataFrame) -> pd.Series:
        returns = _log_return(table["close"])
        usual = _rolling_std(returns, slow)
        return (_rolling_std(returns, fast) / usual.where(usual > 0)).mask(usual == 0, 1.0)

    return Feature(compute, slow)


def _momentum_12_1(table: pd.DataFrame) -> pd.Series:
    """Return of the last twelve months without the last one (Jegadeesh and Titman, 1993)."""
    close = table["close"]
    return _log(close.shift(_MONTH) / close.shift(_YEAR))


def _close_location(table: pd.DataFrame) -> pd.Series:
    """Place of the close within the bar, -1 at the low to 1 at the high; 0 for a bar without range."""
    span = table["high"] - table["low"]
    location = (2 * table["close"] - table["high"] - table["low"]) / span.where(span > 0)
    return location.mask(span == 0, 0.0)


def _parkinson_volatility(bars: int) -> Feature:
    """Volatility from highs and lows (Parkinson, 1980)."""

    def compute(table: pd.DataFrame) -> pd.Series:
        squared = _log(table["high"] / table["low"]) ** 2
        return (squared.rolling(bars).mean() / (4 * np.log(2))) ** 0.5

    return Feature(compute, bars - 1, ("high", "low"))


def _volume_ratio(bars: int) -> Feature:
    """Volume against its recent mean, in logarithms; a bar without volume is allowed."""

    def compute(table: pd.DataFrame) -> pd.Series:
        volume = _log(table["volume"] + 1)
        return volume - volume.rolling(bars).mean()

    return Feature(compute, bars - 1, ("volume",))


FEATURES: Mapping[str, Feature] = {
    "return_1": _return(1),
    "return_5": _return(5),
    "return_21": _return(21),
    "volatility_5": _volatility(5),
    "volatility_21": _volatility(21),
    "volatility_63": _volatility(63),
    "volatility_ratio_5_63": _volatility_ratio(5, 63),
    "rsi_14": _rsi(14),
    "ma_distance_10": _ma_distance(10),
    "ma_distance_50": _ma_distance(50),
    "ma_distance_200": _ma_distance(200),
    "momentum_12_1": Feature(_momentum_12_1, _YEAR),
    "overnight_gap": Feature(lambda t: _log(t["open"] / t["close"].shift(1)), 1, ("open", "close")),
    "bar_range": Feature(lambda t: _log(t["high"] / t["low"]), 0, ("high", "low")),
    "close_location": Feature(_close_location, 0, ("high", "low", "close")),
    "parkinson_volatility_21": _parkinson_volatility(21),
    "volume_ratio_21": _volume_ratio(21),
}


class FeaturesConfig(Config):
    """Which features are built."""

    names: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="null: every feature whose columns the source has"
    )

    @field_validator("names")
    @classmethod
    def _known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = [name for name in names or () if name not in FEATURES]
        if unknown:
            raise ValueError(*(f"unknown feature {name!r}. {did_you_mean(name, FEATURES)}" for name in unknown))
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise ValueError(f"names must name each feature once, got {', '.join(map(repr, twice))} again.")
        return names


def build_features(bars: pd.DataFrame, features: FeaturesConfig) -> pd.DataFrame:
    """Compute the features of every asset from its own bars.

    **Looks ahead:** never; a value at bar t reads bars t - lookback to t.

    Args:
        bars: Cleaned bars, sorted by asset and time.
        features: Names, or none for all that the columns allow.

    Returns:
        Long table ``timestamp, asset, <feature>...`` in float32; missing where history is too short.

    Raises:
        DataError: A named feature lacks its columns; a value is infinite; history is too short for any row.
    """
    chosen = chosen_features(features, list(bars.columns))
    parts = []
    for asset, own in bars.groupby("asset", sort=True):
        table = own.reset_index(drop=True)
        # float32 may overflow where float64 did not: the check below finds it.
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            values = {name: FEATURES[name].compute(table).astype("float32") for name in chosen}
        parts.append(pd.DataFrame({"timestamp": table["timestamp"], "asset": asset, **values}))
    built = pd.concat(parts, ignore_index=True)
    problems = _infinite(built, chosen)
    if not problems and built[chosen].isna().any(axis=1).all():
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
        return [name for name, feature in FEATURES.items() if set(feature.columns) <= set(columns)]
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


def _infinite(built: pd.DataFrame, names: Sequence[str]) -> list[str]:
    problems = []
    for name in names:
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
    longest = max(names, key=lambda name: FEATURES[name].lookback_bars)
    counts = bars["asset"].value_counts()
    return (
        f"bars must be more than the {FEATURES[longest].lookback_bars} that feature {longest} looks back, got at most "
        f"{counts.iloc[0]} for {counts.index[0]} from {bars['timestamp'].min()}. "
        "Use longer data, or leave it out of features.names."
    )
