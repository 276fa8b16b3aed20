"""A forecast, what was observed, what it returned -> every metric of the registry that they allow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from trading_hpo.metrics.metric import Forecast, Metric, NoValue, Returns, Targets, Value
from trading_hpo.metrics.registry import METRICS
from trading_hpo.metrics.regression import COMPOSITE_ACCURACY, composite_accuracy

NO_ROWS = NoValue("no row is judged")
NO_REASON = NoValue("it has no meaning here")  # of a metric from elsewhere that does not say more


@dataclass(frozen=True, slots=True)
class Metrics:
    """What was computed.

    Attributes:
        values: By name, in the order of the registry; none where a metric has no meaning.
        no_value: Why, by the names of these.
    """

    values: dict[str, float | None]
    no_value: dict[str, str]

    @staticmethod
    def of(found: Mapping[str, Value]) -> "Metrics":
        """Divide what was found."""
        return Metrics(
            {name: None if isinstance(value, NoValue) else value for name, value in found.items()},
            {name: value.why for name, value in found.items() if isinstance(value, NoValue)},
        )


def compute_metrics(
    forecast: Forecast | None,
    targets: Targets | None,
    returns: Returns | None,
    constant_returns: Returns | None = None,
    *,
    regression_weight: float,
) -> Metrics:
    """Return all metrics; costs are none of them, and neither is what the forecast cannot say.

    **Looks ahead:** label only, to judge.

    Args:
        forecast: None for what is only held: the metrics of the forecast are then left out.
        targets: Of the same rows.
        returns: None for what is not traded: the metrics of the trades are then left out.
        constant_returns: Of trading the constant forecast on the same bars.
        regression_weight: Of closeness in ``composite_accuracy``.
    """
    found: dict[str, Value] = {}
    for name in METRICS:
        if name in found:  # of a table that is computed as a whole
            continue
        metric = METRICS[name]
        if metric.kind == "cost" or (returns if metric.kind == "trading" else forecast) is None:
            continue
        if not _is_provided(metric, forecast, targets):
            continue
        if metric is COMPOSITE_ACCURACY:  # the one metric with a parameter of its own
            found[name] = _composite(found["accuracy"], found["r2"], regression_weight)
        elif metric.compute is not None:
            found.update(_computed(metric, forecast, targets, returns, constant_returns))
    return Metrics.of(found)


def compute_metric(
    name: str,
    forecast: Forecast,
    targets: Targets,
    returns: Returns | None = None,
    constant_returns: Returns | None = None,
) -> float | None:
    """Return one metric, without the others; none where it has no meaning.

    Args:
        name: Of the metric; not one that is made of others.
        forecast: As of ``compute_metrics``, and what follows.
        targets: Of the same rows.
        returns: Of a metric of trades.
        constant_returns: Of a metric that reads them.
    """
    metric = METRICS[name]
    if not _is_provided(metric, forecast, targets):
        return None
    return Metrics.of(_computed(metric, forecast, targets, returns, constant_returns)).values[name]


def forecast_value(name: str, forecast: Forecast, targets: Targets, regression_weight: float) -> float | None:
    """Return one metric of a forecast, also one that is made of others; none where it has no meaning.

    Args:
        name: Of the metric.
        forecast: With its calls.
        targets: Of the same rows.
        regression_weight: As of ``compute_metrics``.
    """
    if METRICS[name].compute is None:
        return compute_metrics(forecast, targets, None, regression_weight=regression_weight).values[name]
    return compute_metric(name, forecast, targets)


def no_value_of(name: str) -> str:
    """Say why a metric was left out."""
    return f"the forecast has no {METRICS[name].needs}"


def _is_provided(metric: Metric, forecast: Forecast | None, targets: Targets | None) -> bool:
    """Whether the forecast says what a metric needs."""
    if metric.needs in (None, "number") or forecast is None:
        return metric.needs in (None, "number")
    if metric.needs == "price path":
        return forecast.values is not None and targets is not None and targets.returns is not None
    return getattr(forecast, metric.needs) is not None


def _composite(accuracy: Value, r2: Value, regression_weight: float) -> Value:
    if isinstance(r2, NoValue) or isinstance(accuracy, NoValue):
        return r2 if isinstance(r2, NoValue) else accuracy
    return composite_accuracy(accuracy, r2, regression_weight)


def _computed(
    metric: Metric,
    forecast: Forecast | None,
    targets: Targets | None,
    returns: Returns | None,
    constant_returns: Returns | None,
) -> dict[str, Value]:
    assert metric.compute is not None
    if metric.kind != "trading" and targets is not None and not len(targets.positive):
        return {metric.name: NO_ROWS}
    value = metric.compute(forecast, targets, returns, constant_returns)
    values = value if isinstance(value, Mapping) else {metric.name: value}
    return {name: _finite(own) for name, own in values.items()}


def _finite(value: Value | None) -> Value:
    if value is None or isinstance(value, NoValue):
        return value or NO_REASON
    return float(value) if math.isfinite(value) else NoValue(f"it is not finite: {value}")
