"""What a Sharpe ratio is worth: how sure it is, what luck among many trials would show, how long it must have lasted.

Every ratio here is per bar, not per year, but for ``minimum_backtest_length``. The formulas take bars as independent:
returns that follow themselves, such as those of positions held for long, make a ratio look surer than it is.

Where others differ: ``purgedcv`` 0.1.11 takes the standard deviation of the population in the ratio, corrects skewness
and kurtosis for bias, which the papers do not, and rounds a track record up. ``quantstats`` 0.0.86 has only the
probabilistic ratio against 0, corrects them too, and counts bars whose return is missing. At equal moments all agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

EULER = float(np.euler_gamma)
LEVEL = 0.95  # of a probability that counts as shown
FEWEST_RATIOS = 10  # of trials, whose spread says something
ROUNDING = 1e-12  # a spread that is smaller than this share of the mean is rounding


@dataclass(frozen=True)
class Moments:
    """The first four moments of a return series; of the population, so that they divide by T.

    Attributes:
        count: T, bars.
        mean: Per bar.
        variance: Per bar.
        skewness: None where nothing varies.
        kurtosis: 3 for the normal law; None where nothing varies.
    """

    count: int
    mean: float
    variance: float
    skewness: float | None
    kurtosis: float | None

    @classmethod
    def of(cls, returns: Float[np.ndarray, " T"]) -> "Moments":
        """Return the moments of a series.

        **Looks ahead:** label only, to judge.

        Raises:
            ValueError: There is no return, or one is not finite.

        Example:
            >>> Moments.of(np.array([0.01, -0.01, 0.01, -0.01])).kurtosis
            1.0
        """
        if not len(returns) or not np.isfinite(returns).all():
            raise ValueError("returns must be finite and at least one. Leave out series without them.")
        mean = float(returns.mean())
        squared = (returns - mean) ** 2
        variance = float(squared.mean())
        if not _varies(mean, variance):
            return cls(len(returns), mean, variance, None, None)
        scaled = (returns - mean) / np.sqrt(variance)
        skewness = float(np.mean(scaled * scaled * scaled))
        return cls(len(returns), mean, variance, skewness, float(np.mean(squared * squared)) / variance**2)

    @property
    def sharpe(self) -> float | None:
        """Mean by standard deviation (ddof 1), per bar; None where nothing varies."""
        if self.count < 2 or not _varies(self.mean, self.variance):
            return None
        return float(self.mean / np.sqrt(self.variance * self.count / (self.count - 1)))

    @property
    def sharpe_in_errors(self) -> float | None:
        """The ratio in standard errors of one without skill, (T - 1)^(-1/2): comparable for any T and length of bar."""
        return None if self.sharpe is None else float(self.sharpe * np.sqrt(self.count - 1))


def probabilistic_sharpe(moments: Moments, benchmark: float = 0.0) -> float | None:
    """Return the probability that the true Sharpe ratio is above a benchmark.

    **Looks ahead:** label only, to judge.

    Args:
        moments: Of the returns.
        benchmark: Sharpe ratio per bar.

    Returns:
        None where there is no Sharpe ratio, or no error of it: two values only, in a certain ratio.

    Source: Bailey and Lopez de Prado (2012), The Sharpe Ratio Efficient Frontier, equation 9: the variance of Mertens
    (2002) at the observed ratio, over T - 1.

    Example:
        >>> fund = Moments(count=24, mean=0.458, variance=23 / 24, skewness=-2.448, kurtosis=10.164)
        >>> round(probabilistic_sharpe(fund), 3)
        0.913
    """
    from scipy.special import ndtr

    sharpe, error = moments.sharpe, _unit_error(moments)
    if sharpe is None or error is None:
        return None
    return float(ndtr((sharpe - benchmark) * np.sqrt(moments.count - 1) / error))


def spread_of_sharpes(in_errors: Sequence[float], n_bars: int) -> float:
    """Return the standard deviation of trials' Sharpe ratios per bar, as far as it is known.

    Trials that never differ from the benchmark have no ratio, and neither have those that were pruned. Of fewer than
    ten ratios the spread is at least what luck alone makes it: two that are alike do not say that luck is small.

    Args:
        in_errors: ``Moments.sharpe_in_errors`` of each trial that has one, over its own bars.
        n_bars: Over which the ratios would be, T.

    Example:
        >>> round(spread_of_sharpes([0.3, 0.3], 101), 3), round(spread_of_sharpes([-3.0, 3.0] * 10, 101), 3)
        (0.1, 0.308)
    """
    spread = float(np.std(in_errors, ddof=1)) if len(in_errors) > 1 else 0.0
    if len(in_errors) < FEWEST_RATIOS:
        spread = max(spread, 1.0)
    return float(spread / np.sqrt(max(n_bars - 1, 1)))


def expected_best_sharpe(n_trials: int, spread: float) -> float:
    """Return the Sharpe ratio that the best of many trials without skill is expected to show.

    Args:
        n_trials: N, independent of each other.
        spread: Standard deviation of the trials' Sharpe ratios; the result has its unit.

    Returns:
        0 for one trial.

    Raises:
        ValueError: There is no trial, or the spread is negative or not finite.

    Source: Bailey and Lopez de Prado (2014), The Deflated Sharpe Ratio, equation 1.

    Example:
        >>> round(expected_best_sharpe(100, np.sqrt(0.5 / 250)), 4)
        0.1132
    """
    if not 0 <= spread < np.inf:
        raise ValueError(f"spread must be finite and at least 0, got {spread!r}.")
    return float(spread * _expected_maximum(n_trials))


def deflated_sharpe(moments: Moments, n_trials: int, spread: float) -> float | None:
    """Return the probability that the true Sharpe ratio is above what luck among the trials would show.

    **Looks ahead:** label only, to judge.

    Args:
        moments: Of the chosen trial's returns.
        n_trials: N, all trials that were compared; pruned ones too.
        spread: Standard deviation of their Sharpe ratios, per bar.

    Returns:
        As ``probabilistic_sharpe``; with one trial it is that against 0.

    Raises:
        ValueError: As ``expected_best_sharpe``.

    Source: Bailey and Lopez de Prado (2014), The Deflated Sharpe Ratio, equation 2.

    Example:
        >>> found = Moments(1250, 2.5 / np.sqrt(250), 1249 / 1250, skewness=-3.0, kurtosis=10.0)
        >>> round(deflated_sharpe(found, 100, np.sqrt(0.5 / 250)), 4)
        0.9004
    """
    return probabilistic_sharpe(moments, expected_best_sharpe(n_trials, spread))


def minimum_track_record(moments: Moments, benchmark: float = 0.0, level: float = LEVEL) -> float | None:
    """Return how many bars such returns must have lasted for their Sharpe ratio to be surely above a benchmark.

    **Looks ahead:** label only, to judge.

    Args:
        moments: Of the returns; only their ratio and shape count.
        benchmark: Sharpe ratio per bar.
        level: How sure, within 0.5 to 1, both excluded.

    Returns:
        None where no record is long enough: there is no ratio, or it is not above the benchmark.

    Raises:
        ValueError: The level is not such a number.

    Source: Bailey and Lopez de Prado (2012), The Sharpe Ratio Efficient Frontier, equation 11.

    Example:
        >>> monthly = Moments(36, 2 / np.sqrt(12), 35 / 36, skewness=0.0, kurtosis=3.0)
        >>> round(minimum_track_record(monthly, benchmark=1 / np.sqrt(12)) / 12, 2)
        3.24
    """
    from scipy.special import ndtri

    if not 0.5 < level < 1:
        raise ValueError(f"level must be within 0.5 to 1, got {level!r}.")
    sharpe, error = moments.sharpe, _unit_error(moments)
    if sharpe is None or error is None or sharpe <= benchmark:
        return None
    errors = float(error * ndtri(level)) / float(sharpe - benchmark)
    bars = 1 + errors * errors
    return bars if np.isfinite(bars) else None


def minimum_backtest_length(n_trials: int, sharpe_per_year: float) -> float:
    """Return for how many years to test so that the best of trials without skill is not expected to show a ratio.

    Args:
        n_trials: N, independent of each other.
        sharpe_per_year: That ratio, annualised: of a shorter test it would say nothing.

    Returns:
        Years; 0 for one trial.

    Raises:
        ValueError: There is no trial, or the ratio is not positive.

    Source: Bailey, Borwein, Lopez de Prado and Zhu (2014), Pseudo-Mathematics and Financial Charlatanism, theorem 2.

    Example:
        >>> round(minimum_backtest_length(45, 1.0), 1)
        5.0
    """
    if not sharpe_per_year > 0:
        raise ValueError(f"sharpe_per_year must be above 0, got {sharpe_per_year!r}.")
    return (_expected_maximum(n_trials) / sharpe_per_year) ** 2


def _expected_maximum(n_trials: int) -> float:
    """Return the expected maximum of N draws of the standard normal law, in the limit of many; 0 of one."""
    from scipy.special import ndtri

    if n_trials < 1:
        raise ValueError(f"n_trials must be at least 1, got {n_trials!r}.")
    if n_trials == 1:
        return 0.0
    return float((1 - EULER) * ndtri(1 - 1 / n_trials) + EULER * ndtri(1 - 1 / (n_trials * np.e)))


def _unit_error(moments: Moments) -> float | None:
    """Return the standard error of the Sharpe ratio times the root of T - 1."""
    sharpe = moments.sharpe
    if sharpe is None or moments.skewness is None or moments.kurtosis is None:
        return None
    variance = 1 - moments.skewness * sharpe + (moments.kurtosis - 1) / 4 * sharpe**2
    return float(np.sqrt(variance)) if variance > ROUNDING else None


def _varies(mean: float, variance: float) -> bool:
    return variance > (ROUNDING * mean) ** 2
