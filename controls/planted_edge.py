"""Where an edge is planted that a linear model cannot see, the network is to find it.

Ten of the 20 stocks, drawn by the seed, are given the edge of ``planted_prices``, so strong that positions that know it
would have an active Sharpe ratio of 2 net of costs. The project reads their prices from a file, as a user's.
"""

import numpy as np
import pandas as pd

from controls.outcome import Control, Outcome
from controls.planted_prices import BARS_PER_YEAR, FEATURES, Planted, oracle, strength_for
from controls.runs import LEVEL, SEARCH, deflated, run
from trading_hpo.market.sources.packaged import PACKAGED
from trading_hpo.metrics.trading import sharpe

N_STOCKS, RATIO, COST_BPS = 10, 2.0, 5.0
CALIBRATED_ON = (0.4, 0.8)  # share of the bars: about those that a walk-forward with the base settings validates


def planted_prices(seed: int) -> Planted:
    """Return the planted prices of one seed."""
    source = PACKAGED["sp500_20"]
    prices = source.read(source.path).pivot(index="timestamp", columns="asset", values="close")
    stocks = sorted(np.random.default_rng(seed).choice(prices.columns.to_numpy(), N_STOCKS, replace=False))
    first, last = (int(share * len(prices)) for share in CALIBRATED_ON)
    return strength_for(prices[stocks], RATIO, np.arange(first, last), COST_BPS)


def judge(seed: int) -> Outcome:
    """Search planted prices; as expected where the network's money is above on validation, and above the linear's."""
    planted = planted_prices(seed)
    hpo = {**SEARCH["hpo"], "models_to_optimize": ["linear", "mlp"], "seed": seed}
    settings = {
        **SEARCH,
        "source": "csv",
        "sources": {"csv": {"path": "bars.csv", "bars_per_year": BARS_PER_YEAR}},
        "features": {"names": list(FEATURES)},
        "training": {**SEARCH["training"], "window_bars": 1},
        "backtest": {"cost_bps": COST_BPS},
        "hpo": hpo,
    }
    finished = run("validation_tests", settings, bars=_as_csv(planted.close))
    network, linear = finished.chosen["mlp"], finished.chosen["linear"]
    known = _ratio(oracle(planted, network.bars, COST_BPS))
    found, reference = _ratio(network.active), _ratio(linear.active)
    tests = {what: finished.judged["mlp"][what].get("p_value") for what in ("forecast", "money")}
    numbers = {
        "strength": planted.strength,
        "oracle_sharpe": known,
        "sharpe": found,
        "share": found / known,
        "linear_sharpe": reference,
        "forecast_p": tests["forecast"],
        "money_p": tests["money"],
        "deflated_sharpe": deflated(network),
    }
    above = tests["money"] is not None and tests["money"] <= LEVEL
    return Outcome(seed, above and found > reference, numbers)


def _ratio(active: "np.ndarray") -> float:
    """Return the annualised Sharpe ratio; what never differs from the constant forecast has one of 0."""
    ratio = sharpe(active, BARS_PER_YEAR)
    return ratio if isinstance(ratio, float) else 0.0


def _as_csv(close: pd.DataFrame) -> str:
    long = close.rename_axis(index="timestamp", columns="asset").reset_index()
    return long.melt("timestamp", var_name="asset", value_name="close").to_csv(index=False)


CONTROL = Control(
    "a planted edge that no linear model sees: validation says above, the network earns more than the linear model",
    10,
    8,
    judge,
)
