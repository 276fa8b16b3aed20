"""A forecast, what was observed, what it returned -> every metric of the registry that they allow."""

import math
from collections.abc import Mapping

from trading_hpo.metrics.metric import Forecast, Metric, Returns, Targets
from trading_hpo.metrics.registry import METRICS
from trading_hpo.metrics.regression import COMPOSITE_ACCURACY, composite_accuracy


def compute_metrics(
    forecast: Forecast | None,
    targets: Targets | None,
    returns: Returns | None,
    constant_returns: Returns | None = None,
    *,
    regression_weight: float,
) -> dict[str, float | None]:
    """Return the metrics in the order of the registry; costs are none of them.

    **Looks ahead:** label only, to judge.

    Args:
        forecast: None for what is only held: the metrics of the forecast are then left out.
        targets: Of the same rows.
        returns: None for what is not traded: the metrics of the trades are then left out.
        constant_returns: Of trading the constant forecast on the same bars.
        regression_weight: Of closeness in ``composite_accuracy``.
    """
    found: dict[str, float | None] = {}
    for name in METRICS:
        if name in found:  # of a table that is computed as a whole
            continue
        metric = METRICS[name]
        if metric.kind == "cost" or (returns if metric.kind == "trading" else forecast) is None:
            continue
        if metric is COMPOSITE_ACCURACY:  # the one metric with a parameter of its own
            found[name] = composite_accuracy(found["accuracy"] or 0.0, found["r2"], regression_weight)
        elif metric.compute is not None:
            found.update(_computed(metric, forecast, targets, returns, constant_returns))
    return found


def compute_metric(name: str, forecast: Forecast, targets: Targets) -> float | None:
    """Return one metric of a forecast, without the others."""
    return _computed(METRICS[name], forecast, targets, None, None)[name]


def constant_returns_are_read() -> bool:
    """Return whether a metric wants the returns of the constant forecast."""
    return any(METRICS[name].reads_constant for name in METRICS)


def _computed(
    metric: Metric,
    forecast: Forecast | None,
    targets: Targets | None,
    returns: Returns | None,
    constant_returns: Returns | None,
) -> dict[str, float | None]:
    assert metric.compute is not None
    value = metric.compute(forecast, targets, returns, constant_returns)
    values = value if isinstance(value, Mapping) else {metric.name: value}
    return {name: float(own) if own is not None and math.isfinite(own) else None for name, own in values.items()}
