"""One trial: train a configuration on all folds in lock-step, epoch by epoch."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from trading_hpo.backtest.positions import BacktestConfig
from trading_hpo.splits.folds import Split
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.fold import FoldScore, Recipe, Rows, fit_fold
from trading_hpo.training.windows import Windows
from trading_hpo.types import Panel


@dataclass(frozen=True)
class TrialTask:
    """What every trial of a study shares; travels to the workers.

    Attributes:
        model_type: Whose study.
        split: The folds.
        training: Epochs and their like.
        backtest: How validation is traded.
        metric: What the study improves.
        longest_window: Rows without so much history are no samples, whatever a trial's own window.
        seed: Of the study.
        panel_digest: Of the panel that the study is about; a worker that maps another refuses.
    """

    model_type: str
    split: Split
    training: TrainingConfig
    backtest: BacktestConfig
    metric: str
    longest_window: int
    seed: int
    panel_digest: str


@dataclass(frozen=True)
class TrialOutcome:
    """What a trial leaves.

    Attributes:
        value: Mean over folds of the metric at each fold's stopped epoch; NaN where a fold has none.
        folds: Per fold: stopped epoch, epochs, threshold, seconds, validation metrics.
        metrics: Mean over folds of every metric.
        spread: Sample standard deviation over folds of every metric.
        cost: Epochs and seconds of training over all folds, and the network's size.
        epoch: The longest fold's epochs; the step of a report.
        finished: No fold goes on.
    """

    value: float
    folds: list[dict[str, Any]]
    metrics: dict[str, float | None]
    spread: dict[str, float | None]
    cost: dict[str, float]
    epoch: int
    finished: bool


class TrialRunner:
    """Trains trials of one study on a mapped panel.

    Args:
        task: What they share.
        panel: Mapped by this process.
    """

    def __init__(self, task: TrialTask, panel: Panel) -> None:
        self.task, self.panel = task, panel
        self._rows = {
            fold.number: Rows(
                *(panel.rows(fold.role(role), task.longest_window) for role in ("train", "stop", "validation"))
            )
            for fold in task.split.folds
        }

    def run(self, parameters: Mapping[str, Any], should_stop: Callable[[], bool]) -> Iterator[TrialOutcome]:
        """Train the folds side by side and yield, after each epoch, what the trial is worth so far.

        Raises:
            DivergedError: A loss or an output is not finite.
            Interrupted: ``should_stop`` said yes.
        """
        task = self.task
        recipe = Recipe.of(task.model_type, parameters, self.panel, task.training, task.seed)
        windows = Windows(self.panel, recipe.architecture.window_bars, task.training.device)
        size = recipe.size_mb()
        running = {
            number: fit_fold(recipe, self.panel, windows, number, rows, task.backtest, should_stop)
            for number, rows in self._rows.items()
        }
        scores: dict[int, FoldScore] = {}
        while running:
            for number, fold in list(running.items()):
                scores[number] = next(fold)
                if scores[number].finished:
                    del running[number]
            yield self._outcome([scores[number] for number in sorted(scores)], size)

    def _outcome(self, scores: list[FoldScore], size: float) -> TrialOutcome:
        names = scores[0].metrics
        values = {name: [score.metrics[name] for score in scores] for name in names}
        metrics = {name: _mean(of_folds) for name, of_folds in values.items()}
        value = metrics[self.task.metric]
        return TrialOutcome(
            value=np.nan if value is None else value,
            folds=[asdict(score) for score in scores],
            metrics=metrics,
            spread={name: _spread(of_folds) for name, of_folds in values.items()},
            cost={
                "epochs": float(sum(score.epochs for score in scores)),
                "train_s": sum(score.seconds for score in scores),
                "model_size_mb": size,
            },
            epoch=max(score.epochs for score in scores),
            finished=all(score.finished for score in scores),
        )


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _spread(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.std(known, ddof=1)) if len(known) == len(values) and len(known) > 1 else None
