"""Where an edge is planted that a linear model cannot see, the network is to find it.

Ten of the 20 stocks, drawn by the seed, are given the edge of ``planted_prices``, so strong that positions that know it
would have an active Sharpe ratio of 2 net of costs. The project reads their prices from a file, as a user's, and is
given the two features; that their product matters it is not.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from controls.outcome import Control, Outcome
from controls.planted_prices import BARS_PER_YEAR, FEATURES, Planted, oracle_sharpe, strength_for
from controls.runs import BARS_FILE, LEVEL, SEARCH, SMALL, deflated, results, run
from trading_hpo.market.sources.packaged import PACKAGED

N_STOCKS, RATIO, COST_BPS = 10, 2.0, 5.0
CALIBRATED_ON = (0.4, 0.8)  # share of the bars: about those that a walk-forward with the base settings validates
NEEDS = ("validation_tests", "selection_statistics")

# Two inputs need neither the base run's dropout nor its embedding of assets, which would be most of what the network
# sees.
NETWORK = {
    "learning_rate": {"type": "float", "low": 1e-3, "high": 1e-2, "log": True},
    "batch_size": {"type": "categorical", "choices": [64, 128, 256]},
    "dropout_rate": {"type": "float", "low": 0.0, "high": 0.2},
    "asset_embedding_dim": 1,
}


def judge(seed: int) -> Outcome:
    """Search planted prices; as expected where the network's money is above on validation, and above the linear's."""
    planted = planted_prices(seed)
    validated, tests, statistics = run("__default__", NEEDS, _settings(seed), _said, bars=_as_csv(planted.close))
    known = oracle_sharpe(planted, validated, COST_BPS)
    found, linear = (_sharpe(statistics[name]) for name in ("mlp", "linear"))
    p_value = tests["mlp"]["money"].get("p_value")
    numbers = {
        "strength": planted.strength,
        "oracle_sharpe": known,
        "sharpe": found,
        "share": found / known,
        "linear_sharpe": linear,
        "forecast_p": tests["mlp"]["forecast"].get("p_value"),
        "money_p": p_value,
        "deflated_sharpe": deflated(statistics["mlp"]),
    }
    return Outcome(seed, p_value is not None and p_value <= LEVEL and found > linear, numbers)


def planted_prices(seed: int) -> Planted:
    """Return the planted prices of one seed."""
    source = PACKAGED["sp500_20"]
    prices = source.read(source.path).pivot(index="timestamp", columns="asset", values="close")
    stocks = sorted(np.random.default_rng(seed).choice(prices.columns.to_numpy(), N_STOCKS, replace=False))
    first, last = (int(share * len(prices)) for share in CALIBRATED_ON)
    return strength_for(prices[stocks], RATIO, np.arange(first, last), COST_BPS)


def _settings(seed: int) -> dict[str, Any]:
    return {
        **SMALL,
        "source": "csv",
        "sources": {"csv": {"path": BARS_FILE, "bars_per_year": BARS_PER_YEAR}},
        "features": {"names": list(FEATURES)},
        "training": {**SMALL["training"], "window_bars": 1},
        "backtest": {"cost_bps": COST_BPS},
        "hpo": {
            **SEARCH,
            "models_to_optimize": ["linear", "mlp"],
            "custom_search_spaces": {"mlp": NETWORK},
            "seed": seed,
        },
    }


def _as_csv(close: pd.DataFrame) -> str:
    long = close.rename_axis(index="timestamp", columns="asset").reset_index()
    return long.melt("timestamp", var_name="asset", value_name="close").to_csv(index=False)


def _said(project: Path) -> tuple[Int[np.ndarray, " T"], dict[str, Any], dict[str, Any]]:
    """Return the validation bars, the tests on them, and the statistics."""
    folds = pd.read_csv(next(project.rglob("folds.csv")))
    ranges = folds.loc[folds["role"] == "validation", ["start_bar", "stop_bar"]].to_numpy()
    tests, statistics = (results(project, name) for name in NEEDS)
    return np.concatenate([np.arange(start, stop) for start, stop in ranges]), tests, statistics


def _sharpe(statistics: dict[str, Any]) -> float:
    """Return the active Sharpe ratio; what never differs from the constant forecast has earned nothing beyond it."""
    return float(statistics["own"]["active"].get("sharpe", 0.0))


CONTROL = Control(
    "a planted edge that no linear model sees: validation says above, the network earns more than the linear model",
    10,
    8,
    judge,
)
