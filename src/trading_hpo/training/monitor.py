"""What is watched on the stop rows: the loss, or a metric that has a good direction."""

import math

from trading_hpo.metrics.registry import METRICS

LOSS = "loss"
# A cost is not computed from forecasts; a share of calls or a turnover is neither good nor bad.
MONITORS = (LOSS, *(name for name, metric in METRICS.items() if metric.kind != "cost" and metric.natural))


def monitored_score(name: str, value: float | None) -> float:
    """Return a monitored number so that higher is better; one that does not exist is worse than any.

    Example:
        >>> monitored_score("loss", 0.5), monitored_score("auc", 0.5), monitored_score("sharpe", None)
        (-0.5, 0.5, -inf)
    """
    if value is None:
        return -math.inf
    return -value if name == LOSS or METRICS[name].natural == "minimize" else value
