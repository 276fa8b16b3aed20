"""Everything that a trial can be judged by: of the forecast, of its trades, of what it costs."""

from dataclasses import dataclass
from typing import Literal

from trading_hpo.metrics.classification import METRICS as CLASSIFICATION_METRICS
from trading_hpo.metrics.cost import COST_METRICS
from trading_hpo.metrics.regression import REGRESSION_METRICS
from trading_hpo.metrics.trading import TRADING_METRICS

Kind = Literal["classification", "regression", "trading", "cost"]
Direction = Literal["maximize", "minimize"]

_SMALL_IS_GOOD = ("mae", "mse", "mape", "max_drawdown", "volatility", *COST_METRICS)
_NEITHER = ("positive_rate", "turnover")  # good in the middle, or by itself neither good nor bad


@dataclass(frozen=True)
class Metric:
    """One of the numbers of a trial.

    Attributes:
        kind: What it is about.
        natural: The direction that is good; none for a metric that can be wanted either way.
    """

    kind: Kind
    natural: Direction | None


def _natural(name: str) -> Direction | None:
    if name in _NEITHER:
        return None
    return "minimize" if name in _SMALL_IS_GOOD else "maximize"


_NAMES: dict[Kind, tuple[str, ...]] = {
    "classification": CLASSIFICATION_METRICS,
    "regression": (*REGRESSION_METRICS, "composite_accuracy"),
    "trading": TRADING_METRICS,
    "cost": COST_METRICS,
}
METRICS = {name: Metric(kind, _natural(name)) for kind, names in _NAMES.items() for name in names}
