"""Whether one forecast loses less than another on the same bars."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from trading_hpo.overfitting.resampled_means import check_finite
from trading_hpo.overfitting.stationary_bootstrap import varies


@dataclass(frozen=True)
class DieboldMariano:
    """The test of two forecasts.

    Attributes:
        statistic: Negative where the first loses less.
        p_value: Of "the first is no better than the second", one-sided.
    """

    statistic: float
    p_value: float


def diebold_mariano(
    loss_a: Float[np.ndarray, " T"], loss_b: Float[np.ndarray, " T"], horizon_bars: int, n_estimated: int = 0
) -> DieboldMariano | None:
    """Compare two forecasts by their losses.

    The errors of a forecast over H bars are taken to follow themselves over H - 1 bars, as the best forecast's do.
    Where their autocovariances sum to a variance that is not positive, bars are taken as independent.

    **Looks ahead:** label only, to judge.

    Args:
        loss_a: Per bar, such as squared errors; of several assets their mean.
        loss_b: On the same bars.
        horizon_bars: H.
        n_estimated: Numbers that were estimated from the same bars and that their losses rest on: each takes one bar
            from the error of the mean and one degree of freedom, as in ``best_of_many.by_blocks``.

    Returns:
        None where the losses differ by the same amount on all bars.

    Raises:
        ValueError: The losses are not of the same bars or not finite, there are no more bars than the horizon has,
            or too many numbers were estimated from them.

    Source: Diebold and Mariano (1995), Comparing Predictive Accuracy; corrected for few bars as of Harvey, Leybourne
    and Newbold (1997), Testing the Equality of Prediction Mean Squared Errors, equations 8 and 9.

    Example:
        >>> random = np.random.default_rng(0)
        >>> found = diebold_mariano(random.normal(size=200) ** 2, 1 + random.normal(size=200) ** 2, horizon_bars=5)
        >>> found.statistic < -3, found.p_value < 0.01
        (True, True)
    """
    from scipy.special import stdtr

    n_bars = len(loss_a)
    if len(loss_b) != n_bars:
        raise ValueError(f"loss_b must have the {n_bars} bars of loss_a, got {len(loss_b)!r}. Keep those of both.")
    if not 1 <= horizon_bars < n_bars:
        raise ValueError(f"horizon_bars must be at least 1 and below the {n_bars} bars, got {horizon_bars!r}.")
    if not 0 <= n_estimated < n_bars - 1:
        raise ValueError(f"n_estimated must be at least 0 and below {n_bars - 1}, got {n_estimated!r}.")
    difference = loss_a - loss_b
    check_finite(difference)
    if not varies(difference[None])[0]:
        return None
    error = np.sqrt(_long_run_variance(difference, horizon_bars) / (n_bars - n_estimated))
    few_bars = (n_bars + 1 - 2 * horizon_bars + horizon_bars * (horizon_bars - 1) / n_bars) / n_bars
    statistic = float(difference.mean() / error * np.sqrt(few_bars))
    return DieboldMariano(statistic, float(stdtr(n_bars - 1 - n_estimated, statistic)))


def _long_run_variance(series: Float[np.ndarray, " T"], horizon_bars: int) -> float:
    centred = series - series.mean()
    covariances = [centred[lag:] @ centred[: len(centred) - lag] / len(centred) for lag in range(horizon_bars)]
    total = float(covariances[0] + 2 * sum(covariances[1:]))
    return total if total > 0 else float(covariances[0])
