"""How well the probability of the positive class was predicted: proper scores, best for the true probability."""

import numpy as np
from jaxtyping import Bool, Float

from trading_hpo.metrics.metric import Forecast, Metric, Returns, Targets, by_name


def log_loss(truth: Bool[np.ndarray, " N"], probability: Float[np.ndarray, " N"]) -> float:
    """Return the mean of -log of the probability of what was observed, in nats.

    As scikit-learn has it, 0 and 1 stand for the nearest number of the probability's type: a wrong call that was sure
    is not infinitely bad.

    Source: Good (1952), Rational Decisions.

    Example:
        >>> round(log_loss(np.array([True, False]), np.array([0.5, 0.5])), 4)
        0.6931
    """
    least = np.finfo(probability.dtype).eps
    of_truth = np.where(truth, probability, 1 - probability)
    return -float(np.log(np.clip(of_truth, least, 1 - least), dtype=np.float64).mean())


def brier(truth: Bool[np.ndarray, " N"], probability: Float[np.ndarray, " N"]) -> float:
    """Return the mean squared error of the probability.

    Source: Brier (1950), Verification of Forecasts Expressed in Terms of Probability.

    Example:
        >>> brier(np.array([True, False]), np.array([0.5, 0.0]))
        0.125
    """
    return float(((probability.astype(np.float64) - truth) ** 2).mean())


def _compute(forecast: Forecast, targets: Targets, _: Returns | None, __: Returns | None) -> dict[str, float]:
    assert forecast.probability is not None
    return {name: metric(targets.positive, forecast.probability) for name, metric in _METRICS.items()}


_METRICS = {"log_loss": log_loss, "brier": brier}
PROBABILITY_METRICS = by_name(
    Metric("log_loss", "classification", "minimize", "", _compute, needs="probability", source="Good (1952)"),
    Metric("brier", "classification", "minimize", "", _compute, needs="probability", source="Brier (1950)"),
)
