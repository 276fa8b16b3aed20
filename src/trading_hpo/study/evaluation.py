"""What a candidate is worth: train it on all folds, side by side or one after another."""

import logging
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.candidate import Candidate, Outlook, Report
from trading_hpo.engine.trial_record import BLOCK_SCORES, FOLDS, METRICS, MOMENTS, SPREAD
from trading_hpo.errors import OverLimitError, StaleInputError, TradingHpoError
from trading_hpo.families.block_scores import block_scores, forecast_metric, stretches
from trading_hpo.families.family import BatchFamily, Costs, FoldScore, StudyData
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.families.traded import traded_family
from trading_hpo.market.panel import open_panel, panel_digest
from trading_hpo.metrics.compute import no_value_of
from trading_hpo.metrics.registry import METRICS as METRIC_REGISTRY
from trading_hpo.splits.folds import Split
from trading_hpo.splits.paths import mean_over_paths
from trading_hpo.study.config import LimitsConfig
from trading_hpo.study.costs import costs_after, costs_within, within_time
from trading_hpo.study.objectives import ConstraintConfig
from trading_hpo.study.timing import epoch_seconds
from trading_hpo.study.trial_regimes import TrialRegimes
from trading_hpo.study.trial_returns import Series, Traded, active_returns, moments, payload_of, series_by_path
from trading_hpo.study.validation import constant_series, fold_rows
from trading_hpo.tasks.registry import task_of
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.machine import give_memory_back
from trading_hpo.training.tensorboard import scalars_in
from trading_hpo.types import Panel

logger = logging.getLogger(__name__)

_AGAIN = "Run the same command again: the data are prepared and kept again, and what was finished is kept."
SHOWN = ("sharpe", "max_drawdown", "epochs", "training_time_s")  # of every trial, beside what it is judged by


@dataclass(frozen=True)
class EvaluationTask:
    """What every trial of a study shares; travels to the workers.

    Attributes:
        model_type: Whose study.
        split: The folds.
        training: Epochs and their like.
        backtest: How validation is traded.
        objectives: Metrics that the study improves.
        constraints: That the chosen configuration keeps.
        longest_window: Rows without so much history are no samples, whatever a trial's own window.
        seed: Of the study.
        panel_digest: Of the panel that the study is about; a worker that maps another refuses.
        fold_order: ``lockstep`` trains the folds side by side and reports their mean after every epoch; ``sequential``
            one after another, each reporting its own value at its end.
        limits: Of every trial.
        scalars: Folder for TensorBoard's files of every trial, if somebody wants them.
        timed: Configurations by model type of which every worker times a batch before its first trial.
    """

    model_type: str
    split: Split
    training: TrainingConfig
    backtest: BacktestConfig
    objectives: tuple[str, ...]
    constraints: tuple[ConstraintConfig, ...]
    longest_window: int
    seed: int
    panel_digest: str
    fold_order: str = "lockstep"
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    scalars: Path | None = None
    timed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def judged_by(self) -> tuple[str, ...]:
        """The metrics of all objectives and constraints; costs that take time to measure are measured for these."""
        return tuple(dict.fromkeys([*self.objectives, *(bound.metric for bound in self.constraints)]))


@dataclass(frozen=True)
class TrialOutcome:
    """What a trial leaves.

    Attributes:
        values: One per objective: the mean over folds at each fold's stopped epoch (``mean_over_paths``), or a cost;
            NaN where a fold has none.
        folds: Per fold: stopped epoch, epochs, threshold, seconds, validation metrics.
        metrics: Mean of every metric, in the same way.
        spread: Sample standard deviation over folds of every metric.
        cost: Of ``COST_METRICS``: those of training over all folds.
        step: Of a report: the longest fold's epochs, or the folds that have ended.
        reported: What pruners see at that step: the values, or those of the fold that has ended last.
        finished: No fold goes on.
        scores: Of the folds, with their returns.
        no_value: Why a metric has none, and on which folds, by its name.
    """

    values: tuple[float, ...]
    folds: list[dict[str, Any]]
    metrics: dict[str, float | None]
    spread: dict[str, float | None]
    cost: dict[str, float]
    step: int
    reported: tuple[float, ...]
    finished: bool
    scores: Sequence[FoldScore] = ()
    no_value: Mapping[str, str] = field(default_factory=dict)

    def of(self, metric: str) -> float | None:
        """Return a metric or a cost; none where it does not exist."""
        return self.metrics[metric] if metric in self.metrics else self.cost.get(metric)

    def shown(self) -> dict[str, float | None]:
        """Return what is drawn by epoch: losses and metrics, means over the folds, and the cost so far."""
        losses = {name: _mean([fold[f"{name}_loss"] for fold in self.folds]) for name in ("train", "stop")}
        groups: dict[str, Mapping[str, float | None]] = {
            "loss": losses,
            "validation": self.metrics,
            "cost": self.cost,
        }
        return {f"{group}/{name}": value for group, part in groups.items() for name, value in part.items()}


class TrialEvaluator:
    """Evaluates candidates of one study on a mapped panel.

    Args:
        task: What they share.
        panel: Mapped by this process.
    """

    def __init__(self, task: EvaluationTask, panel: Panel) -> None:
        self.task = task
        self._folds = {fold.number: fold for fold in task.split.folds}
        rows = fold_rows(panel, task.split, task.longest_window)
        self._family = traded_family(task.model_type)
        self._data = StudyData(task.model_type, panel, rows, task.training, task.backtest, task.seed)
        self._shared = self._family.shared(self._data)
        self._forecast_metric = forecast_metric(task.objectives, task_of(panel.label).objective)
        self._by_regime = TrialRegimes(self._data, self._folds, self._forecast_metric)
        label_bars = task_of(panel.label).judged_steps or panel.horizon_bars
        self._of_blocks = (task.backtest.regression_weight, label_bars)
        self._constant_scores: Float[np.ndarray, " M"] | None = None
        self._to_time = dict(task.timed)

    @cached_property
    def _constant(self) -> dict[int, Series]:
        """The same for all trials, and needed by the first one that ends."""
        return constant_series(self._data.panel, self._data.folds, self.task.split, self.task.backtest)

    def outlook(self, candidate: Candidate) -> Outlook:
        """Return how many reports will come at most, and how many batches lie before each."""
        epochs = self.task.training.epochs if MODEL_TYPES[self.task.model_type].has_epochs else 1
        batches = self._family.costs(candidate.parameters, self._data, ()).epoch_batches
        if self.task.fold_order == "sequential":
            asked = tuple(epochs * of_fold for of_fold in batches.values())
            return Outlook(len(self._data.folds), asked, self._epoch_seconds())
        return Outlook(epochs, (sum(batches.values()),) * epochs if batches else (), self._epoch_seconds())

    def _epoch_seconds(self) -> dict[str, float]:
        """Return what an epoch of the model types takes that are to be timed, the first time; then nothing."""
        timed, self._to_time = self._to_time, {}
        known = {name: self._timed(name, parameters) for name, parameters in timed.items()}
        return {name: seconds for name, seconds in known.items() if seconds is not None}

    def _timed(self, model_type: str, parameters: Mapping[str, Any]) -> float | None:
        try:
            return epoch_seconds(model_type, parameters, self._data)
        except Exception:  # another model type's own search says what is wrong with it; this trial goes on
            logger.debug("%s cannot be timed: the estimate for all searches is left out.", model_type, exc_info=True)
            return None

    def evaluate(self, candidate: Candidate, should_stop: Callable[[], bool]) -> Iterator[Report]:
        """Train the folds and yield, after each epoch or each fold, what the candidate is worth so far.

        Raises:
            DivergedError: A loss or an output is not finite.
            Interrupted: ``should_stop`` said yes.
            OverLimitError: The network is too large, or the time is over.
        """
        folder = None if self.task.scalars is None else self.task.scalars / f"{candidate.slot:05}"
        try:
            with scalars_in(folder, candidate.parameters) as scalars:
                for outcome in self.outcomes(candidate.parameters, should_stop):
                    if scalars is not None:
                        scalars.write(outcome.step, outcome.shown())
                    yield self._report(outcome)
        finally:
            give_memory_back()

    def evaluate_many(
        self, candidates: Sequence[Candidate], should_stop: Callable[[], bool]
    ) -> Iterator[tuple[int, Report | TradingHpoError]]:
        """Yield the slot of each candidate and what it is worth at its end, or why it has failed.

        A candidate of a batch has no time of its own: the batch may take what the limits of all its trials allow.
        Nothing of it is drawn by epoch.

        Raises:
            Interrupted: ``should_stop`` said yes.
            OverLimitError: The time is over.
        """
        within: list[tuple[Candidate, Costs]] = []
        for candidate in candidates:
            try:
                within.append((candidate, self._costs(candidate.parameters)))
            except OverLimitError as error:
                yield candidate.slot, error
        may_stop = within_time(self.task.limits.max_training_time_minutes, should_stop, len(within))
        all_parameters = [candidate.parameters for candidate, _ in within]
        family = cast(BatchFamily, self._family)  # as its model type says
        try:
            ends = family.evaluate_many(all_parameters, self._data, self._shared, may_stop) if within else ()
            for place, scores in ends:
                candidate, costs = within[place]
                if isinstance(scores, TradingHpoError):
                    yield candidate.slot, scores
                else:
                    yield candidate.slot, self._report(self._at_equal_epochs(self._of_all_folds(scores), costs))
        finally:
            give_memory_back()

    def _of_all_folds(self, scores: Sequence[FoldScore]) -> list[FoldScore]:
        in_order = sorted(scores, key=lambda score: score.fold)
        if [score.fold for score in in_order] != sorted(self._data.folds) or not all(s.finished for s in in_order):
            raise ValueError(f"a candidate must end on all of {len(self._data.folds)} folds, got {len(scores)} scores")
        return in_order

    def _report(self, outcome: TrialOutcome) -> Report:
        return Report(
            values=outcome.values,
            step=outcome.step,
            reported=outcome.reported,
            finished=outcome.finished,
            no_value=outcome.no_value,
            violations={bound.name: bound.violation(outcome.of(bound.metric)) for bound in self.task.constraints},
            cost=outcome.cost,
            record={**self._shown(outcome), METRICS: outcome.metrics, SPREAD: outcome.spread, FOLDS: outcome.folds},
            at_end=partial(self._with_returns, outcome.scores),
        )

    def _shown(self, outcome: TrialOutcome) -> dict[str, float]:
        """Return what Optuna's dashboard shows of a trial: a few numbers, rounded; the records have all."""
        names = dict.fromkeys((*self.task.judged_by, *SHOWN))
        known = ((name, outcome.of(name)) for name in names if name not in self.task.objectives)  # those are the values
        return {name: float(f"{value:.4g}") for name, value in known if value is not None and math.isfinite(value)}

    def _with_returns(self, scores: Sequence[FoldScore], report: Report) -> Report:
        """Add the returns of a trial that ends with this report, and what is compared between trials."""
        series = series_by_path(
            Traded(self._folds[score.fold], score.bars, score.returns, score.exposure) for score in scores
        )
        compared = {**moments(active_returns(series, self._constant)), "folds": [score.fold for score in scores]}
        record = {
            **report.record,
            MOMENTS: compared,
            **self._block_scores(scores),
            **self._by_regime.record(scores, series),
        }
        return replace(report, record=record, payload=payload_of(series))

    def _block_scores(self, scores: Sequence[FoldScore]) -> dict[str, Any]:
        """Return how much better than the constant forecast the forecast was in each block of the validation bars."""
        if len(scores) < len(self._folds):  # of folds one after another: what is compared must be of the same bars
            return {}
        judged, metric = [score.judged for score in scores], self._forecast_metric
        validated = [self._folds[score.fold].validation for score in scores]
        own = block_scores(judged, validated, metric, *self._of_blocks)
        if self._constant_scores is None:  # the same for all trials
            self._constant_scores = block_scores(judged, validated, metric, *self._of_blocks, of_constant=True)
        if own is None or self._constant_scores is None:
            return {}
        excess = [float(f"{one:.6g}") for one in own - self._constant_scores]
        n_apart = len(stretches(validated))  # that share no bar; the folds, where each bar is validated once
        return {BLOCK_SCORES: {"metric": metric, "folds": n_apart, "excess": excess}}

    def outcomes(self, parameters: Mapping[str, Any], should_stop: Callable[[], bool]) -> Iterator[TrialOutcome]:
        """Train the folds and yield what the configuration has reached, after each epoch or each fold."""
        costs = self._costs(parameters)
        may_stop = within_time(self.task.limits.max_training_time_minutes, should_stop)
        running = {
            number: self._family.fit_fold(parameters, number, self._data, self._shared, may_stop)
            for number in self._data.folds
        }
        if self.task.fold_order == "sequential":
            yield from self._one_after_another(running, costs)
        else:
            yield from self._side_by_side(running, costs)

    def _costs(self, parameters: Mapping[str, Any]) -> Costs:
        return costs_within(self.task.limits, self._family, parameters, self._data, self.task.judged_by)

    def _side_by_side(self, running: dict[int, Iterator[FoldScore]], costs: Costs) -> Iterator[TrialOutcome]:
        scores: dict[int, FoldScore] = {}
        while running:
            for number, fold in list(running.items()):
                scores[number] = next(fold)
                if scores[number].finished:
                    del running[number]
            yield self._at_equal_epochs([scores[number] for number in sorted(scores)], costs)

    def _at_equal_epochs(self, scores: Sequence[FoldScore], costs: Costs) -> TrialOutcome:
        outcome = self._outcome(scores, costs)
        return replace(outcome, step=max(score.epochs for score in scores), reported=outcome.values)

    def _one_after_another(self, running: dict[int, Iterator[FoldScore]], costs: Costs) -> Iterator[TrialOutcome]:
        scores: list[FoldScore] = []
        for fold in running.values():
            *_, last = fold
            scores.append(last)
            outcome = self._outcome(scores, costs)
            own = (last.metrics.get(name, outcome.cost.get(name)) for name in self.task.objectives)
            yield replace(
                outcome,
                step=len(scores),
                reported=tuple(np.nan if value is None else value for value in own),
                finished=len(scores) == len(running),
            )

    def _outcome(self, scores: Sequence[FoldScore], costs: Costs) -> TrialOutcome:
        names = scores[0].metrics
        by_fold = {name: [score.metrics[name] for score in scores] for name in names}
        paths = [self._folds[score.fold].paths for score in scores]
        outcome = TrialOutcome(
            values=(),
            folds=[score.record() for score in scores],
            metrics={name: mean_over_paths(of_folds, paths) for name, of_folds in by_fold.items()},
            spread={name: _spread(of_folds) for name, of_folds in by_fold.items()},
            cost=costs_after(costs, scores),
            step=len(scores),
            reported=(),
            finished=all(score.finished for score in scores),
            scores=tuple(scores),
            no_value=_no_value(scores) | self._not_provided(names),
        )
        values = (outcome.of(name) for name in self.task.objectives)
        return replace(outcome, values=tuple(np.nan if value is None else value for value in values))

    def _not_provided(self, found: Collection[str]) -> dict[str, str]:
        """Return why metrics that are asked for are not among those found: this model's forecasts do not say enough."""
        asked = (name for name in self.task.judged_by if METRIC_REGISTRY[name].kind != "cost")
        return {name: no_value_of(name) for name in asked if name not in found}


def make_evaluator(task: EvaluationTask, panel_path: Path) -> TrialEvaluator:
    """Map the panel in a worker and check that it is the one that the study is about.

    Raises:
        StaleInputError: It is another.
    """
    return TrialEvaluator(task, mapped_panel(task, panel_path))


def mapped_panel(task: EvaluationTask, panel_path: Path) -> Panel:
    """Map the panel that a study is about.

    Raises:
        StaleInputError: The file holds another, or is no longer there.
    """
    try:
        panel = open_panel(panel_path)
    except FileNotFoundError as error:
        raise StaleInputError(f"{panel_path} must stay while the search runs, and is not there. {_AGAIN}") from error
    if panel_digest(panel) != task.panel_digest:
        raise StaleInputError(f"{panel_path} was replaced while the search runs. {_AGAIN}")
    return panel


def _no_value(scores: Sequence[FoldScore]) -> dict[str, str]:
    """Return why a metric has no mean over folds: each reason with the folds it is of."""
    folds: dict[str, dict[str, list[int]]] = {}
    for score in scores:
        for name in (name for name, value in score.metrics.items() if value is None):
            why = score.no_value.get(name, "it has no meaning there")
            folds.setdefault(name, {}).setdefault(why, []).append(score.fold)
    return {
        name: ", ".join(f"{why} (fold {', '.join(map(str, numbers))})" for why, numbers in reasons.items())
        for name, reasons in folds.items()
    }


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _spread(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.std(known, ddof=1)) if len(known) == len(values) and len(known) > 1 else None
