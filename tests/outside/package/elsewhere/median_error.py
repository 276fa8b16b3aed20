"""A metric to be minimised that reads forecasts of numbers."""

import numpy as np

from trading_hpo.metrics.metric import Forecast, Metric, Targets


def _compute(forecast: Forecast | None, targets: Targets | None, *_: object) -> float | None:
    """Median over rows of the mean over targets of the error."""
    if forecast is None or targets is None or forecast.values is None:
        return None
    return float(np.median(np.abs(forecast.values - targets.values).mean(axis=1)))


MEDIAN_ERROR = Metric("median_error", "regression", "minimize", "", _compute)
