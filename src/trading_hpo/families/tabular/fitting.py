"""A configuration fitted on some rows: what is learned sees train rows, what is chosen stop rows."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from threadpoolctl import threadpool_limits

from trading_hpo.errors import Interrupted
from trading_hpo.families.family import DivergedError
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.families.tabular.columns import Columns
from trading_hpo.families.tabular.config import TabularConfig
from trading_hpo.families.tabular.estimator import Estimator, Sample
from trading_hpo.registry import imported
from trading_hpo.tasks.head import LOGIT, VALUE
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Decision, Forecast, TargetKind, Task
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.seeding import fold_seed
from trading_hpo.types import Panel

# Of each target, where a task has several of different kinds.
_KINDS: Mapping[str, tuple[TargetKind, ...]] = {"joint": ("class", "number")}
AT_ONCE = 4096  # rows whose columns are in memory
Output = Float[np.ndarray, "N C"]


@dataclass(frozen=True)
class Fit:
    """Estimators with what turns rows into their columns, and their outputs into forecasts.

    Attributes:
        model_type: Name in the registry.
        task: What is predicted.
        columns: Of the train rows.
        unit: Of the targets.
        estimators: One per target.
    """

    model_type: str
    task: Task
    columns: Columns
    unit: Float[np.ndarray, " C"]
    estimators: tuple[Any, ...]

    def output_of(self, panel: Panel, rows: Int[np.ndarray, " N"]) -> Output:
        """Return the outputs of rows.

        **Looks ahead:** never; a row has its own window.
        """
        parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
        outputs = [self.output(self.columns.of_rows(panel, part)) for part in parts]
        return np.concatenate([np.empty((0, len(self.unit))), *outputs])

    def output(self, columns: Float[np.ndarray, "N P"]) -> Output:
        """Return the outputs of rows that have become columns."""
        estimator = estimator_of(self.model_type)
        with one_thread():
            return np.stack([estimator.output(own, columns) for own in self.estimators], axis=1)

    def read(self, output: Output) -> Forecast:
        """Return what outputs say."""
        return self.task.forecast(output, VALUE if self.task.target_kind == "number" else LOGIT, self.unit)


@dataclass(frozen=True)
class Chosen:
    """A fit with what the stop rows have chosen.

    Attributes:
        fit: On the train rows.
        decision: On the stop rows.
        train_loss: Log loss, or squared error in units of the train rows' spread; the sum of several targets.
        stop_loss: Likewise.
    """

    fit: Fit
    decision: Decision
    train_loss: float
    stop_loss: float


def estimator_of(model_type: str) -> Estimator:
    """Import and return what fits a target of a model type."""
    estimator: Estimator = imported(MODEL_TYPES[model_type].model)
    return estimator


def config_of(model_type: str, parameters: Mapping[str, Any]) -> TabularConfig:
    """Return a trial's parameters as the model type's."""
    config: TabularConfig = MODEL_TYPES[model_type].config(**parameters)  # type: ignore[assignment]
    return config


def one_thread() -> threadpool_limits:
    """Keep a block to one thread: with one process per core, more threads make all of them several times slower.

    The number of threads may decide the last bits, too: so workers, final training and later use agree.
    """
    return threadpool_limits(1)


def fit_rows(
    model_type: str,
    parameters: Mapping[str, Any],
    panel: Panel,
    training: TrainingConfig,
    seed: int,
    fold: int,
    train: Int[np.ndarray, " N"],
    stop: Int[np.ndarray, " M"],
    should_stop: Callable[[], bool] = lambda: False,
) -> Chosen:
    """Fit a configuration on the train rows, and choose on the stop rows.

    **Looks ahead:** label only; scale, weights and trees see train rows, the number of trees and the threshold stop
    rows.

    Args:
        model_type: Of this family.
        parameters: As the study knows them; they seed what is drawn.
        panel: The data.
        training: What all trials share.
        seed: Of the study.
        fold: Its number.
        train: Rows that are learned from.
        stop: Rows that are chosen by.
        should_stop: Asked before each target: scikit-learn cannot be interrupted.

    Raises:
        DivergedError: The train rows have one class alone, or an output is not finite.
        Interrupted: ``should_stop`` said yes.
    """
    config, task = config_of(model_type, parameters), task_of(panel.label)
    length = config.window_bars or training.window_bars
    columns, of_train = Columns.fit(panel, train, config.tabular_lags, length, training.clip_sigma)
    unit = task.scale(panel.target[train])
    learned = _samples(task, panel, train, of_train, unit)
    watched = _samples(task, panel, stop, columns.of_rows(panel, stop), unit)
    estimators = []
    kinds = _KINDS.get(task.target_kind, (task.target_kind,) * task.n_targets)
    for number, (kind, own, its_stop) in enumerate(zip(kinds, learned, watched, strict=True)):
        if should_stop():
            raise Interrupted
        if kind == "class" and not 0 < own.target.mean() < 1:
            raise DivergedError(f"{model_type} must learn from both classes, got one alone in the train rows")
        drawn_by = fold_seed(seed, fold, {**parameters, "target": number} if number else parameters)
        with one_thread():
            estimators.append(estimator_of(model_type).fit(config, kind, own, its_stop, drawn_by))
    fit = Fit(model_type, task, columns, unit, tuple(estimators))
    outputs = [fit.output(samples[0].columns) for samples in (learned, watched)]
    losses = [
        math.fsum(
            loss_of(kind, output[:, number], own.target, own.weight)
            for number, (kind, own) in enumerate(zip(kinds, samples, strict=True))
        )
        for output, samples in zip(outputs, (learned, watched), strict=True)
    ]
    if not all(map(math.isfinite, losses)):
        raise DivergedError(f"the loss of {model_type} was not finite")
    decision = task.decide(fit.read(outputs[1]), panel.target[stop], training.threshold)
    return Chosen(fit, decision, *losses)


def _samples(
    task: Task,
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    columns: Float[np.ndarray, "N P"],
    unit: Float[np.ndarray, " C"],
) -> list[Sample]:
    """Return the rows of a role with each of the targets; how much one counts follows from the role's own labels."""
    weight = task.weights(panel, rows)
    # One in the mean: a penalty is weighed against so many rows.
    weight = None if weight is None else weight / weight.mean()
    return [Sample(columns, own, weight) for own in (panel.target[rows].astype(np.float64) / unit).T]


def loss_of(
    kind: TargetKind,
    output: Float[np.ndarray, " N"],
    target: Float[np.ndarray, " N"],
    weight: Float[np.ndarray, " N"] | None = None,
) -> float:
    """Return the mean log loss of logits, or the mean squared error.

    Example:
        >>> round(loss_of("class", np.zeros(2), np.array([0.0, 1.0])), 3)
        0.693
        >>> loss_of("number", np.zeros(2), np.array([1.0, 3.0]))
        5.0
    """
    of_rows = np.logaddexp(0.0, output) - target * output if kind == "class" else (output - target) ** 2
    return float(np.average(of_rows, weights=weight))
