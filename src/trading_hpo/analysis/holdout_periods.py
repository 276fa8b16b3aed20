"""The holdout by month, and how much of the capital was held."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from trading_hpo.analysis.holdout_costs import BUY_AND_HOLD, CONSTANT

BLOCKS = 120  # of bars at most: more cannot be distinguished in a figure
MONTH_COLUMNS = ("name", "year", "month", "bars", "total_return")
EXPOSURE_COLUMNS = ("name", "timestamp", "bars", "exposure", "turnover")


def monthly_table(returns: Mapping[str, pd.DataFrame], baselines: pd.DataFrame) -> pd.DataFrame:
    """Return what each model type and baseline returned in each calendar month; month 0 is the whole year.

    Args:
        returns: Of ``HoldoutLook``, by model type.
        baselines: Of ``baseline_returns``.
    """
    stamps = {name: own["timestamp"] for name, own in returns.items()}
    moves = {name: own["net_return"] for name, own in returns.items()}
    for name in (CONSTANT, BUY_AND_HOLD):
        stamps[name], moves[name] = baselines["timestamp"], baselines[name]
    rows: list[tuple[str, int, int, int, float]] = []
    for name, own in moves.items():
        dated = pd.DatetimeIndex(stamps[name])
        values, years, months = own.to_numpy(float), dated.year.to_numpy(), dated.month.to_numpy()
        for year in np.unique(years):
            for month in [*np.unique(months[years == year]), 0]:
                part = values[(years == year) & ((months == month) | (month == 0))]
                rows.append((name, int(year), int(month), len(part), float(np.prod(1 + part) - 1)))
    return pd.DataFrame(rows, columns=list(MONTH_COLUMNS))


def exposure_table(returns: Mapping[str, pd.DataFrame], baselines: pd.DataFrame) -> pd.DataFrame:
    """Return the mean exposure and turnover of each model type and of the constant forecast, over blocks of bars.

    Args:
        returns: Of ``HoldoutLook``, by model type.
        baselines: Of ``baseline_returns``.

    Returns:
        One row per name and block of equally many bars, ``BLOCKS`` of them at most, dated by its first bar; exposure
        and turnover per bar are shares of the capital.
    """
    columns = {"timestamp": "timestamp", f"{CONSTANT}_exposure": "exposure", f"{CONSTANT}_turnover": "turnover"}
    tables = {**returns, CONSTANT: baselines[list(columns)].rename(columns=columns)}
    parts = []
    for name, own in tables.items():
        length = max(1, int(np.ceil(len(own) / BLOCKS)))
        blocks = own.groupby(np.arange(len(own)) // length)
        means = blocks[["exposure", "turnover"]].mean()
        parts.append(means.assign(name=name, timestamp=blocks["timestamp"].first(), bars=blocks.size()))
    return pd.concat(parts, ignore_index=True)[list(EXPOSURE_COLUMNS)]
