"""What a forecast and its trades are worth in each regime: where a score comes from, and where it fails.

A score over all bars can hide that a model works in calm markets alone. The rows and the bars of a regime are judged as
if there were no others, and counted: a third of the bars says less than all of them. The rows of all folds are judged
together, since a fold may have few of a regime; so the scores of regimes do not add up to the mean over folds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from trading_hpo.families.judged_paths import JudgedPath
from trading_hpo.market.regimes import Regimes
from trading_hpo.metrics.compute import compute_metrics, forecast_value, no_value_of
from trading_hpo.metrics.metric import ONE_CLASS, NoValue, Targets
from trading_hpo.metrics.registry import METRICS
from trading_hpo.metrics.trading import sharpe
from trading_hpo.tasks.task import Forecast

N_BLOCKS = 20  # that a standard error is of
LEAST_BARS = 2 * N_BLOCKS  # of a regime: a block of one bar is hardly one
NOT_SHARED = "assets are in different regimes on all of its bars"


@dataclass(frozen=True)
class Scale:
    """What regimes are judged by.

    Attributes:
        metric: Of a forecast.
        regression_weight: As of ``compute_metrics``.
        bars_per_year: Annualises the Sharpe ratio.
        horizon_bars: H; a standard error needs blocks that are longer.
    """

    metric: str
    regression_weight: float
    bars_per_year: float
    horizon_bars: int


def regime_scores(
    regimes: Sequence[Regimes], paths: Sequence[JudgedPath], scale: Scale, with_errors: bool = False
) -> dict[str, Any]:
    """Return what a forecast and its trades are worth in each regime, and the worst ones.

    **Looks ahead:** label only, to judge; regimes are known at the close of their bars.

    Args:
        regimes: Ways to divide the bars.
        paths: Out of sample; of several paths each value is the mean.
        scale: Metric and weights.
        with_errors: Whether standard errors are computed too: twenty times the work.

    Returns:
        ``metric``; ``scores``, a line per regime; ``worst_forecast`` and ``worst_money``, the places of the lines with
        the least of the metric above the constant forecast's and with the least Sharpe ratio, none where fewer than two
        have one. A line has ``by``, ``regime``, ``samples``, ``bars``, ``value``, ``constant``, ``sharpe``,
        ``no_value`` (why, by name) and, with errors, ``error`` and ``sharpe_error``, none of fewer bars than twenty
        blocks of H + 1 are, and ``degrees_of_freedom`` beside the lines. Rows are counted once, in however many paths
        they are.
    """
    lines = [
        _line(one.by, name, [path.inside(one, place) for path in paths], scale, with_errors)
        for one in regimes
        for place, name in enumerate(one.names)
    ]
    sign = -1.0 if METRICS[scale.metric].direction == "minimize" else 1.0
    found = [line for line in lines if line["value"] is not None]
    compared = all(line["constant"] is not None for line in found)  # else all by their values alone
    above = {
        place: sign * (line["value"] - (line["constant"] if compared else 0.0))
        for place, line in enumerate(lines)
        if line["value"] is not None
    }
    earned = {place: line["sharpe"] for place, line in enumerate(lines) if line["sharpe"] is not None}
    return {
        "metric": scale.metric,
        **({"degrees_of_freedom": N_BLOCKS - 1} if with_errors else {}),
        "scores": lines,
        "worst_forecast": min(above, key=above.__getitem__) if len(above) > 1 else None,
        "worst_money": min(earned, key=earned.__getitem__) if len(earned) > 1 else None,
    }


def _line(by: str, name: str, paths: Sequence[JudgedPath], scale: Scale, with_errors: bool) -> dict[str, Any]:
    judged = _distinct([path.judged.bar for path in paths])
    earned = _distinct([path.bars for path in paths])
    value, no_value = _forecast(paths, len(judged), scale)
    money, no_money = _money(paths, len(judged), len(earned), scale)
    line: dict[str, Any] = {
        "by": by,
        "regime": name,
        "samples": len(_distinct([path.rows for path in paths])),
        "bars": len(judged),
        "value": _short(value),
        "constant": None if value is None else _short(_value(paths, scale, of_constant=True)),
        "sharpe": _short(money),
        "no_value": {key: why for key, why in ((scale.metric, no_value), ("sharpe", no_money)) if why},
    }
    if not with_errors:
        return line
    fewest = N_BLOCKS * (scale.horizon_bars + 1)
    enough, enough_earned = len(judged) >= fewest, len(earned) >= fewest
    of_value = _error(paths, judged, lambda left: _value(left, scale)) if enough and value is not None else None
    of_money = _error(paths, earned, lambda left: _sharpe(left, scale)) if enough_earned and money is not None else None
    return {**line, "error": _short(of_value), "sharpe_error": _short(of_money)}


def _forecast(paths: Sequence[JudgedPath], n_bars: int, scale: Scale) -> tuple[float | None, str | None]:
    """Return the metric of the forecast, or why it has none."""
    if n_bars < LEAST_BARS:
        return None, _too_few(n_bars)
    # As scikit-learn has it, an MCC of one class is 0: here that would be a finding where there is none.
    positive = paths[0].judged.targets.positive
    if METRICS[scale.metric].kind == "classification" and (positive.all() or not positive.any()):
        return None, ONE_CLASS.why
    value = _value(paths, scale)
    return value, None if value is not None else _why_none(paths, scale)


def _value(paths: Sequence[JudgedPath], scale: Scale, of_constant: bool = False) -> float | None:
    """Return the mean over paths of the metric; none where one has none."""
    values = []
    for path in paths:
        forecast = path.judged.constant if of_constant else path.judged.forecast
        value = None if forecast is None else _of(forecast, path.judged.targets, scale)
        if value is None:
            return None
        values.append(value)
    return float(np.mean(values))


def _of(forecast: Forecast, targets: Targets, scale: Scale) -> float | None:
    return forecast_value(scale.metric, forecast, targets, scale.regression_weight)


def _why_none(paths: Sequence[JudgedPath], scale: Scale) -> str:
    for path in paths:
        own = path.judged
        found = compute_metrics(own.forecast, own.targets, None, regression_weight=scale.regression_weight)
        if scale.metric in found.no_value:
            return found.no_value[scale.metric]
    return no_value_of(scale.metric)


def _money(paths: Sequence[JudgedPath], n_judged: int, n_earned: int, scale: Scale) -> tuple[float | None, str | None]:
    """Return the Sharpe ratio of the trades, or why there is none."""
    if n_earned < LEAST_BARS:
        return None, NOT_SHARED if n_judged and not n_earned else _too_few(n_earned)
    lacking = (one.why for path in paths if isinstance(one := sharpe(path.net, scale.bars_per_year), NoValue))
    return _sharpe(paths, scale), next(lacking, None)


def _sharpe(paths: Sequence[JudgedPath], scale: Scale) -> float | None:
    """Return the mean over paths; none where one has none."""
    each = [sharpe(path.net, scale.bars_per_year) for path in paths]
    known = [value for value in each if not isinstance(value, NoValue)]
    return float(np.mean(known)) if len(known) == len(each) else None


def _too_few(n_bars: int) -> str:
    return f"{n_bars} bars, at least {LEAST_BARS} are needed"


def _error(
    paths: Sequence[JudgedPath], bars: Int[np.ndarray, " T"], value: Callable[[Sequence[JudgedPath]], float | None]
) -> float | None:
    """Return the standard error of a value: how much it depends on each block of the regime's bars.

    Blocks are of equal length, of the bars of the regime alone, however far they lie apart.

    Source: Tukey (1958), Bias and confidence in not quite large samples; Kunsch (1989), for blocks.
    """
    blocks = np.array_split(bars, N_BLOCKS)
    without = [value([path.without(block) for path in paths]) for block in blocks]
    known = np.array([one for one in without if one is not None])
    if len(known) < N_BLOCKS:
        return None
    return float(np.sqrt((N_BLOCKS - 1) / N_BLOCKS * np.sum((known - known.mean()) ** 2)))


def _distinct(each: Sequence[Int[np.ndarray, " N"]]) -> Int[np.ndarray, " M"]:
    """Return the different numbers, increasing; they are small, so that sorting them would take longer."""
    seen = np.zeros(max(numbers.max(initial=-1) for numbers in each) + 1, dtype=bool)
    for numbers in each:
        seen[numbers] = True
    return np.flatnonzero(seen)


def _short(value: float | None) -> float | None:
    """Six digits: it is kept with every trial."""
    return None if value is None else float(f"{value:.6g}")
