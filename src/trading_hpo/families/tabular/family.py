"""The family of references: one fit per fold, without epochs."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from trading_hpo.families.family import Costs, Family, FinalData, FoldScore, StudyData
from trading_hpo.families.judgement import judge, traded_constant
from trading_hpo.families.tabular.fitting import config_of, estimator_of, fit_rows
from trading_hpo.families.tabular.model import TrainedReference, train_final
from trading_hpo.families.tabular.spans import spans_of
from trading_hpo.tasks.registry import task_of

MB = 1024**2
_COPIES = 2  # of the columns that scikit-learn is given


class Tabular(Family):
    """Models of scikit-learn on columns: the features of the last bar, of earlier ones, and the asset."""

    def shared(self, data: StudyData) -> None:
        """Return nothing: a fit makes its own columns."""

    def costs(self, parameters: Mapping[str, Any], data: StudyData, wanted: Collection[str]) -> Costs:
        """Return size and memory; of trees the size is the largest that they can have. Work and latency are unknown."""
        config = config_of(data.model_type, parameters)
        spans = spans_of(config.tabular_lags, config.window_bars or data.training.window_bars)
        n_columns = len(spans) * data.panel.n_features + data.panel.n_assets
        n_rows = max((len(rows.train) + len(rows.stop) for rows in data.folds.values()), default=0)
        n_targets, one = task_of(data.panel.label).n_targets, estimator_of(data.model_type)
        known = {
            "model_size_mb": n_targets * one.largest_size_mb(config, n_columns),
            "memory_mb": (1 + _COPIES) * 8 * n_rows * n_columns / MB,
        }
        return Costs({name: value for name, value in known.items() if name in wanted})

    def fit_fold(
        self,
        parameters: Mapping[str, Any],
        fold: int,
        data: StudyData,
        shared: None,
        should_stop: Callable[[], bool],
    ) -> Iterator[FoldScore]:
        """Fit on one fold and yield, once, what it is worth.

        **Looks ahead:** scale, weights and trees see train rows; the number of trees and the threshold stop rows.
        """
        del shared
        panel, rows, began = data.panel, data.folds[fold], time.monotonic()
        chosen = fit_rows(
            data.model_type, parameters, panel, data.training, data.seed, fold, rows.train, rows.stop, should_stop
        )
        seconds = time.monotonic() - began
        benchmark = data.benchmark or data.backtest
        constant = traded_constant(panel, rows.traded, rows.train, benchmark, rows.validation_ranges)
        forecast = chosen.fit.read(chosen.fit.output_of(panel, rows.traded))
        kept = judge(
            panel, rows.traded, forecast, chosen.decision, data.backtest, constant, rows.validation_ranges, rows.judged
        )
        yield FoldScore(
            fold,
            epochs=1,
            stopped_epoch=1,
            threshold=chosen.decision.threshold,
            metrics=kept.metrics,
            seconds=seconds,
            train_loss=chosen.train_loss,
            stop_loss=chosen.stop_loss,
            learning_rates=(),
            finished=True,
            returns=kept.returns,
            bars=kept.bars,
            exposure=kept.exposure,
            no_value=kept.no_value,
            judged=kept.judged,
        )

    def fit_final(self, parameters: Mapping[str, Any], data: FinalData, card: Mapping[str, Any]) -> TrainedReference:
        """Fit on the train rows, and choose on the stop rows."""
        return train_final(data, parameters, card)

    def load(self, folder: Path) -> TrainedReference:
        """Read a reference."""
        return TrainedReference.load(folder)


TABULAR = Tabular()
