"""The holdout in tables: right and wrong calls, and year by year."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from trading_hpo.metrics.classification import classification_metrics
from trading_hpo.metrics.compute import NO_ROWS, Metrics
from trading_hpo.metrics.metric import NoValue, Value
from trading_hpo.metrics.trading import max_drawdown, sharpe

CONFUSION_COLUMNS = ("model_type", "true_positive", "false_positive", "true_negative", "false_negative", "samples")
YEAR_COLUMNS = (
    *("name", "year", "bars", "total_return", "sharpe", "max_drawdown", "mcc", "positive_rate", "samples", "no_value"),
)


def confusion_table(forecasts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row of counts per model type.

    Args:
        forecasts: Of ``HoldoutLook``, by model type.
    """
    rows = []
    for model_type, own in forecasts.items():
        called, truth = own["called"].to_numpy(bool), own["truth"].to_numpy(bool)
        counts = [(called & truth), (called & ~truth), (~called & ~truth), (~called & truth)]
        rows.append((model_type, *(int(count.sum()) for count in counts), len(own)))
    return pd.DataFrame(rows, columns=list(CONFUSION_COLUMNS))


def yearly_table(
    returns: Mapping[str, pd.DataFrame],
    forecasts: Mapping[str, pd.DataFrame],
    baselines: pd.DataFrame,
    bars_per_year: float,
) -> pd.DataFrame:
    """Return what each model type and baseline was worth in each calendar year of the holdout.

    Args:
        returns: Of ``HoldoutLook``, by model type.
        forecasts: Of ``HoldoutLook``, by model type.
        baselines: Of ``baseline_returns``.
        bars_per_year: Annualises the Sharpe ratio.

    Returns:
        One row per name and year; ``no_value`` says why a number is not there.
    """
    series = {name: own.set_index("timestamp")["net_return"] for name, own in returns.items()}
    held = baselines.set_index("timestamp")
    series |= {str(name): held[name] for name in held.columns}
    rows = []
    for name, own in series.items():
        for year, of_year in own.groupby(pd.DatetimeIndex(own.index).year):
            moves = of_year.to_numpy(float)
            of_name = forecasts.get(name)
            calls = None if of_name is None else of_name[pd.DatetimeIndex(of_name["timestamp"]).year == year]
            found = Metrics.of({"sharpe": sharpe(moves, bars_per_year), **_of_calls(calls)})
            rows.append(
                {
                    "name": name,
                    "year": year,
                    "bars": len(moves),
                    "total_return": np.prod(1 + moves) - 1,
                    "max_drawdown": max_drawdown(moves),
                    **found.values,
                    "samples": 0 if calls is None else len(calls),
                    "no_value": "; ".join(f"{metric}: {why}" for metric, why in found.no_value.items()),
                }
            )
    return pd.DataFrame(rows, columns=list(YEAR_COLUMNS))


def _of_calls(calls: pd.DataFrame | None) -> dict[str, Value]:
    if calls is None or not len(calls):
        return dict.fromkeys(("mcc", "positive_rate"), NoValue("it calls nothing") if calls is None else NO_ROWS)
    metrics = classification_metrics(calls["truth"].to_numpy(bool), calls["called"].to_numpy(bool))
    return {name: metrics[name] for name in ("mcc", "positive_rate")}
