"""One network on one fold: train, stop early on the stop rows, judge on validation."""

from collections.abc import Callable, Iterator

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import FoldScore, Rows
from trading_hpo.families.judgement import judge, traded_constant
from trading_hpo.families.networks.fitting import Fitting, Recipe
from trading_hpo.training.windows import Windows
from trading_hpo.types import Panel


def fit_fold(
    recipe: Recipe,
    panel: Panel,
    windows: Windows,
    fold: int,
    rows: Rows,
    backtest: BacktestConfig,
    should_stop: Callable[[], bool],
    benchmark: BacktestConfig | None = None,
) -> Iterator[FoldScore]:
    """Train on the train rows and yield, after each epoch, what the fold is worth so far.

    Validation is judged only when the stop rows say that an epoch is the best yet.

    **Looks ahead:** weights and scaler see train rows; the stopped epoch and the threshold stop rows.

    Raises:
        DivergedError: A loss or an output is not finite.
        Interrupted: ``should_stop`` said yes.
    """
    fitting = Fitting(recipe, panel, windows, fold, rows.train, rows.stop, rows.stop_ranges)
    constant = traded_constant(panel, rows.traded, rows.train, benchmark or backtest, rows.validation_ranges)
    judged_rows = rows.judged
    seconds, learning_rates = 0.0, tuple[float, ...]()
    for epoch in fitting.epochs(backtest, should_stop, benchmark):
        seconds += epoch.seconds
        learning_rates = (*learning_rates, epoch.learning_rate)
        if epoch.is_best:
            forecast = fitting.forecast(rows.traded, epoch.number, should_stop)
            kept = judge(
                panel, rows.traded, forecast, epoch.decision, backtest, constant, rows.validation_ranges, judged_rows
            )
            stopped_epoch, threshold = epoch.number, epoch.decision.threshold
        by_epoch = (epoch.train_loss, epoch.stop_loss, learning_rates)
        traded = (kept.returns, kept.bars, kept.exposure)
        yield FoldScore(
            fold,
            epoch.number,
            stopped_epoch,
            threshold,
            kept.metrics,
            seconds,
            *by_epoch,
            epoch.finished,
            *traded,
            kept.no_value,
            kept.judged,
        )
