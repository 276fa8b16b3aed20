"""How far a holdout's metrics might have come out otherwise: the same bars drawn anew, in blocks."""

import numpy as np
from jaxtyping import Int

from trading_hpo.families.judgement import Judgement
from trading_hpo.metrics.compute import compute_metrics
from trading_hpo.metrics.metric import Returns, Targets
from trading_hpo.overfitting.stationary_bootstrap import resamples
from trading_hpo.tasks.task import Forecast

N_DRAWS = 200  # a standard deviation over them is itself known to 5 %
N_BLOCKS = 20
KNOWN = 0.95  # of the resamples must have a metric: one without any trade has no Sharpe


def standard_errors(
    judged: Judgement,
    forecast: Forecast,
    targets: Targets,
    bar: Int[np.ndarray, " N"],
    horizon_bars: int,
    regression_weight: float,
) -> dict[str, float | None]:
    """Return the standard deviation of every metric over resamples of the bars, each computed as a whole.

    Rows of one bar, and of neighbouring bars, move together, and labels overlap: a number over thousands of rows looks
    surer than it is. So bars are drawn with all their rows, in blocks of random length, a twentieth of the bars in the
    mean. A total return or a drawdown is that of so many bars, not of a block's.

    **Looks ahead:** label only, to judge.

    Args:
        judged: What the forecast was worth.
        forecast: Of the rows that are judged, with its calls.
        targets: Of the same rows.
        bar: Of the same rows.
        horizon_bars: H; blocks are longer in the mean.
        regression_weight: As of ``compute_metrics``.

    Returns:
        None for a metric that more than a twentieth of the resamples do not have.

    Source: Politis and Romano (1994), The Stationary Bootstrap.
    """
    order = np.argsort(bar, kind="stable")
    first = np.searchsorted(bar[order], judged.bars)
    count = np.searchsorted(bar[order], judged.bars, side="right") - first
    draws = []
    for bars in resamples(len(judged.bars), max(len(judged.bars) / N_BLOCKS, horizon_bars), N_DRAWS):
        rows = order[_rows_of(first[bars], count[bars])]
        draws.append(
            compute_metrics(
                forecast.at(rows),
                Targets(targets.values[rows], targets.positive[rows]),
                _at(judged.traded, bars),
                None if judged.constant is None else _at(judged.constant, bars),
                regression_weight=regression_weight,
            ).values
        )
    by_name = {name: [draw[name] for draw in draws] for name in draws[0]}
    return {name: _spread(values) for name, values in by_name.items()}


def _spread(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.std(known, ddof=1)) if len(known) >= KNOWN * len(values) else None


def _rows_of(first: Int[np.ndarray, " T"], count: Int[np.ndarray, " T"]) -> Int[np.ndarray, " N"]:
    """Return ``first, first + 1, ...``, so many of each."""
    before = np.cumsum(count) - count
    rows: Int[np.ndarray, " N"] = np.repeat(first - before, count) + np.arange(count.sum())
    return rows


def _at(returns: Returns, bars: Int[np.ndarray, " T"]) -> Returns:
    turnover = None if returns.turnover is None else returns.turnover[bars]
    return Returns(returns.net[bars], returns.bars_per_year, turnover)
