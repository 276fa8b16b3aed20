"""Calibration: forecast probabilities, or numbers, against what was observed."""

import numpy as np
import pandas as pd

N_BINS = 10


def calibration(forecasts: pd.DataFrame, task: str, n_bins: int = N_BINS) -> pd.DataFrame:
    """Return what was predicted and what was observed, in bins of equally many forecasts.

    Networks trained with the focal loss are not calibrated by construction: it pulls probabilities towards one half,
    and its alpha to one side. This shows by how much.

    **Looks ahead:** label only, to judge.

    Args:
        forecasts: Of ``HoldoutLook``.
        task: ``classification`` or ``regression``.
        n_bins: At most; equal forecasts are never divided.

    Returns:
        ``predicted, observed, error, samples``: means per bin; ``error`` is the standard error of ``observed`` over its
        bars (rows of one bar move together, so bars are counted and not rows). Labels of more than one bar overlap
        with their neighbours': there the error is too small.
    """
    observed = forecasts["truth" if task == "classification" else "target"].astype(float)
    predicted = forecasts["forecast"].astype(float)
    table = pd.DataFrame({"timestamp": forecasts["timestamp"], "predicted": predicted, "observed": observed})
    table["bin"] = pd.qcut(table["predicted"], n_bins, labels=False, duplicates="drop")
    if table["bin"].isna().all():  # one value alone has no quantiles
        table["bin"] = 0
    return pd.DataFrame(
        [
            {
                "predicted": own["predicted"].mean(),
                "observed": own["observed"].mean(),
                "error": _error_over_bars(own),
                "samples": len(own),
            }
            for _, own in table.groupby("bin")
        ]
    )


def _error_over_bars(own: pd.DataFrame) -> float:
    """Standard error of a ratio of sums over bars (Cochran 1977, equation 6.13 without the finite population)."""
    by_bar = own.groupby("timestamp")["observed"].agg(["sum", "size"])
    if len(by_bar) < 2:
        return float("nan")
    mean = by_bar["sum"].sum() / by_bar["size"].sum()
    residual = by_bar["sum"] - mean * by_bar["size"]
    return float(np.sqrt((residual**2).sum() * len(by_bar) / (len(by_bar) - 1)) / by_bar["size"].sum())
