"""How far a holdout's metrics might have come out otherwise: the same bars drawn anew, in blocks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from trading_hpo.families.judgement import Judgement
from trading_hpo.metrics.compute import compute_metrics, forecast_value
from trading_hpo.overfitting.stationary_bootstrap import longest_block, resamples, spread_of_draws

N_DRAWS = 200  # a standard deviation over them is itself known to 5 %
N_BLOCKS = 20
KNOWN = 0.95  # of the resamples must have a metric: one without any trade has no Sharpe


@dataclass(frozen=True)
class Errors:
    """Standard deviations over resamples of the bars.

    Attributes:
        of_metrics: By name; none of a metric that more than a twentieth of the resamples do not have.
        of_excess: Of how much the one metric is above the constant forecast's on the same bars; none as above.
        n_blocks: That are drawn in the mean.
    """

    of_metrics: dict[str, float | None]
    of_excess: float | None
    n_blocks: float

    @property
    def degrees_of_freedom(self) -> float:
        """Of every error: known from so many blocks, it is Student's law that tests go by, not the normal one."""
        return self.n_blocks - 1


def standard_errors(judged: Judgement, metric: str, horizon_bars: int, regression_weight: float) -> Errors:
    """Return the standard deviation of every metric over resamples of the bars, each computed as a whole.

    Rows of one bar, and of neighbouring bars, move together, and labels overlap: a number over thousands of rows looks
    surer than it is. So bars are drawn with all their rows, in blocks of random length, a twentieth of the bars in the
    mean or as long as labels, and the bias of blocks is corrected (``spread_of_draws``). A total return or a drawdown
    is that of so many bars, not of a block's.

    **Looks ahead:** label only, to judge.

    Args:
        judged: What the forecast was worth, with the constant forecast of the same rows.
        metric: Of a forecast, which is compared with the constant one's.
        horizon_bars: H; blocks are longer in the mean.
        regression_weight: As of ``compute_metrics``.

    Source: Politis and Romano (1994), The Stationary Bootstrap.
    """
    seen = judged.judged
    assert seen is not None
    assert seen.constant is not None
    order = np.argsort(seen.bar, kind="stable")
    first = np.searchsorted(seen.bar[order], judged.bars)
    count = np.searchsorted(seen.bar[order], judged.bars, side="right") - first
    draws, excess = [], []
    n_bars = len(judged.bars)
    mean_length = min(max(n_bars / N_BLOCKS, horizon_bars), longest_block(n_bars))
    for bars in resamples(n_bars, mean_length, N_DRAWS):
        rows = order[_rows_of(first[bars], count[bars])]
        targets = seen.targets.at(rows)
        found = compute_metrics(
            seen.forecast.at(rows),
            targets,
            judged.traded.at(bars),
            None if judged.constant is None else judged.constant.at(bars),
            regression_weight=regression_weight,
        )
        draws.append(found.values)
        constant = forecast_value(metric, seen.constant.at(rows), targets, regression_weight)
        excess.append(_excess(found.values[metric], constant))
    by_name = {name: [draw[name] for draw in draws] for name in draws[0]}
    short = spread_of_draws(n_bars, mean_length)
    of_metrics = {name: _spread(values, short) for name, values in by_name.items()}
    return Errors(of_metrics, _spread(excess, short), n_bars / mean_length)


def _excess(own: float | None, constant: float | None) -> float | None:
    return None if own is None or constant is None else own - constant


def _spread(values: list[float | None], short: float) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.std(known, ddof=1)) / short if len(known) >= KNOWN * len(values) else None


def _rows_of(first: Int[np.ndarray, " T"], count: Int[np.ndarray, " T"]) -> Int[np.ndarray, " N"]:
    """Return ``first, first + 1, ...``, so many of each."""
    before = np.cumsum(count) - count
    rows: Int[np.ndarray, " N"] = np.repeat(first - before, count) + np.arange(count.sum())
    return rows
