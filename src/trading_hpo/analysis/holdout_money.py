"""Whether a model earned more on the holdout than holding as much without looking, and than buying and holding."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from trading_hpo.overfitting.intervals import mean_interval
from trading_hpo.study.trial_returns import Series, active_returns, per_unit


def money_tests(
    returns: pd.DataFrame, baselines: pd.DataFrame, horizon_bars: int, bars_per_year: float
) -> dict[str, dict[str, Any]]:
    """Return, per year, what a model earned above the constant forecast and above buy-and-hold, with intervals.

    Above the constant forecast is the active return: beyond what the constant forecast earns with the model's mean
    exposure, on the same bars at the same costs.

    **Looks ahead:** label only, to judge.

    Args:
        returns: Of ``HoldoutLook``.
        baselines: Of ``baseline_returns``, on the same bars.
        horizon_bars: H; blocks of the bootstrap are longer in the mean.
        bars_per_year: Annualises.

    Returns:
        ``active`` and ``above_buy_and_hold``: ``low, estimate, high`` of a 90 % interval and the one-sided ``p_value``,
        or ``why`` there is none.
    """
    both = returns.merge(baselines, on="timestamp", validate="one_to_one")
    net = both["net_return"].to_numpy(float)
    own, benchmark = (
        _series(both[earned].to_numpy(float), both[exposure].to_numpy(float))
        for earned, exposure in (("net_return", "exposure"), ("benchmark", "benchmark_exposure"))
    )
    series = {
        "active": active_returns({0: own}, {0: per_unit(benchmark)}),
        "above_buy_and_hold": net - both["buy_and_hold"].to_numpy(float),
    }
    return {name: _per_year(above, horizon_bars, bars_per_year) for name, above in series.items()}


def _series(net: Float[np.ndarray, " T"], exposure: Float[np.ndarray, " T"]) -> Series:
    return Series(np.arange(len(net)), net, np.full(len(net), exposure.mean()))


def _per_year(above: Float[np.ndarray, " T"], horizon_bars: int, bars_per_year: float) -> dict[str, Any]:
    interval = mean_interval(above, horizon_bars, level=0.90)
    if interval is None:
        return {"why": "it earned the same on every bar"}
    return {name: value if name == "p_value" else value * bars_per_year for name, value in asdict(interval).items()}
