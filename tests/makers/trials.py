"""Trials that train nothing: what they are worth follows from their parameters, epoch by epoch.

Where the search itself is what a test is about, a worker serves these instead of real ones.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.short_trials import ShortTrials

from trading_hpo.engine.candidate import Candidate, Outlook, Report
from trading_hpo.engine.trial_record import FOLDS, METRICS, SPREAD
from trading_hpo.errors import Interrupted, OverLimitError, StaleInputError
from trading_hpo.study.evaluation import EvaluationTask

N_FOLDS = 2


@dataclass(frozen=True)
class KnownTrials:
    """Stands for a ``TrialEvaluator``."""

    task: EvaluationTask

    def evaluate(self, candidate: Candidate, should_stop: Callable[[], bool]) -> Iterator[Report]:
        """Yield what a trial is worth after every epoch; the best learning rate is 0.01, and wide is good."""
        parameters, largest = candidate.parameters, self.task.limits.max_model_size_mb
        width = parameters.get("hidden_dim_1", 8) + parameters.get("hidden_dim_2", 8)
        size_mb = width / 10_000
        if largest is not None and size_mb > largest:
            raise OverLimitError(f"its network takes {size_mb} MB, hpo.limits.max_model_size_mb is {largest}")
        worth = width / 100 - (math.log10(parameters["learning_rate"]) + 2) ** 2 / 10
        for epoch in range(1, self.task.training.epochs + 1):
            if should_stop():
                raise Interrupted
            yield self._after(epoch, worth * epoch / (epoch + 1), size_mb)

    def _after(self, epoch: int, mcc: float, size_mb: float) -> Report:
        metrics = {"mcc": mcc, "auc": 0.5 + mcc / 2, "accuracy": 0.5 + mcc / 3, "sharpe": mcc, "max_drawdown": 0.1}
        cost = {"epochs": float(epoch * N_FOLDS), "training_time_s": 0.01, "model_size_mb": size_mb}
        folds = [
            {"fold": number, "epochs": epoch, "stopped_epoch": epoch, "metrics": metrics} for number in range(N_FOLDS)
        ]
        known = {**metrics, **cost}
        values = tuple(known.get(name, math.nan) for name in self.task.objectives)
        return Report(
            values=values,
            step=epoch,
            reported=values,
            finished=epoch == self.task.training.epochs,
            violations={bound.name: bound.violation(known.get(bound.metric)) for bound in self.task.constraints},
            cost=cost,
            record={METRICS: metrics, SPREAD: dict.fromkeys(metrics, 0.0), FOLDS: folds},
        )


def known_trials(task: EvaluationTask, _panel_path: Path) -> KnownTrials:
    """Make them in a worker."""
    return KnownTrials(task)


def cannot_begin(_task: EvaluationTask, _panel_path: Path, takes_gb: float = 0) -> KnownTrials:
    """Fail in a worker before its first trial: for memory that it takes, else because data were removed."""
    bytearray(int(takes_gb * 2**30))
    raise StaleInputError("the panel was removed. Run again.")


class TakesMemoryToRead:
    """Makes trials, and cannot be read by a worker: there is no memory for it."""

    def __call__(self, _task: EvaluationTask, _panel_path: Path) -> ShortTrials:
        return ShortTrials(reports=1)

    def __reduce__(self) -> tuple[Any, ...]:
        return _no_memory, ()


def _no_memory() -> None:
    raise MemoryError


def only_one_begins(first: Path, _task: EvaluationTask, _panel_path: Path) -> ShortTrials:
    """Train in the worker that comes first; there is no memory for any other, however often it is started."""
    try:
        first.touch(exist_ok=False)
    except FileExistsError:
        raise MemoryError from None
    return ShortTrials(reports=3, seconds=1.0)


@dataclass(frozen=True)
class CountedTrials:
    """Asks before each of ten batches of a step whether to stop, and says so before."""

    steps: int = 2
    batch_s: float = 0.1

    def outlook(self, candidate: Candidate) -> Outlook:
        """Return what every trial takes."""
        return Outlook(self.steps, (10.0,) * self.steps)

    def evaluate(self, candidate: Candidate, should_stop: Callable[[], bool]) -> Iterator[Report]:
        """Yield the number of the step."""
        for step in range(1, self.steps + 1):
            for _ in range(10):
                if should_stop():
                    raise Interrupted
                time.sleep(self.batch_s)
            yield Report((float(step),), step, (float(step),), finished=step == self.steps)
