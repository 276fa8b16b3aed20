"""One network on one fold: train, stop early on the stop rows, judge on validation."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import TradingHpoError
from trading_hpo.families.judgement import judge, truth_of
from trading_hpo.families.networks.architecture import Architecture, size_mb
from trading_hpo.metrics.classification import METRICS as CLASSIFICATION_METRICS
from trading_hpo.metrics.classification import classification_metrics
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.task import TARGET_KINDS
from trading_hpo.training.batch import Batch, Targets
from trading_hpo.training.config import Components, Hyperparameters, TrainingConfig, split_parameters
from trading_hpo.training.loop import fit, predict
from trading_hpo.training.monitor import LOSS, monitored_score
from trading_hpo.training.sampling import judged_rows
from trading_hpo.training.seeding import RandomStream, fold_seed
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import Panel


class DivergedError(TradingHpoError):
    """A loss or an output is not finite any more."""


@dataclass(frozen=True)
class Rows:
    """Samples of a fold, as flat row numbers of the panel."""

    train: Int[np.ndarray, " N"]
    stop: Int[np.ndarray, " N"]
    validation: Int[np.ndarray, " N"]


@dataclass(frozen=True)
class FoldScore:
    """What a fold is worth if it ended now.

    Attributes:
        fold: Number of the fold.
        epochs: Trained so far.
        stopped_epoch: The best epoch on the stop rows; the other fields are of that epoch.
        threshold: Chosen on the stop rows.
        metrics: On validation.
        seconds: Of training.
        train_loss: Of the last epoch.
        stop_loss: After it, on the stop rows.
        learning_rates: Of every epoch so far.
        finished: No further epoch will come.
    """

    fold: int
    epochs: int
    stopped_epoch: int
    threshold: float
    metrics: Mapping[str, float | None]
    seconds: float
    train_loss: float
    stop_loss: float
    learning_rates: Sequence[float]
    finished: bool


@dataclass(frozen=True)
class Recipe:
    """A configuration, ready to be trained on any rows.

    Attributes:
        architecture: Of the network.
        chosen: Learning rate, batch size and their like.
        components: Loss, optimiser, schedule.
        training: What all trials share.
        parameters: As the study knows them; they seed the training.
        seed: Of the study.
    """

    architecture: Architecture
    chosen: Hyperparameters
    components: Components
    training: TrainingConfig
    parameters: Mapping[str, Any]
    seed: int

    @staticmethod
    def of(
        model_type: str, parameters: Mapping[str, Any], panel: Panel, training: TrainingConfig, seed: int
    ) -> "Recipe":
        """Return the recipe of a trial's parameters on a panel."""
        chosen, components, network = split_parameters(parameters, training, TARGET_KINDS[panel.task])
        length = chosen.window_bars or training.window_bars
        width = components.loss.head.width(n_targets=1)
        architecture = Architecture(model_type, network, panel.n_features, length, panel.n_assets, width)
        return Recipe(architecture, chosen, components, training, parameters, seed)

    def build(self, stream: RandomStream) -> torch.nn.Module:
        """Return the network with the weights that the stream draws."""
        with stream.entered():
            return self.architecture.build().to(self.training.device)

    def targets(self, panel: Panel, train: Int[np.ndarray, " N"]) -> Targets:
        """Return what the loss may know; a number is learned in units of its spread over the train rows."""
        unit = np.array([target_spread(panel, train) or 1.0])
        return Targets(panel, unit, self.training.device)

    def size_mb(self) -> float:
        """Return the memory of the network's weights, without taking it."""
        with torch.device("meta"):
            return size_mb(self.architecture.build())


def target_spread(panel: Panel, train: Int[np.ndarray, " N"]) -> float | None:
    """Return the unit in which a number is learned, its spread over the train rows; none for a class.

    **Looks ahead:** label only, of the train rows.
    """
    if panel.task == "classification":
        return None
    return float(panel.target.ravel()[train].std()) or 1.0


def score_of(output: Float[Tensor, "N O"], head: Head) -> Float[np.ndarray, " N"]:
    """Return the score of raw outputs: the first, or the quantile nearest to the median."""
    place = int(np.abs(np.array(head.levels) - 0.5).argmin()) if head.kind == "quantiles" else 0
    score: Float[np.ndarray, " N"] = output[:, place].cpu().numpy()
    return score


def choose_threshold(rule: str | float, truth: Bool[np.ndarray, " N"], score: Float[np.ndarray, " N"]) -> float:
    """Return the score above which the positive class is called.

    **Looks ahead:** label only, of the stop rows that it is given.

    Args:
        rule: A number, or ``prevalence``: call as often as the class occurs among ``truth``.
        truth: Whether each row was positive.
        score: Of the same rows.
    """
    return float(np.quantile(score, 1 - float(truth.mean()))) if rule == "prevalence" else float(rule)


def fit_fold(
    recipe: Recipe,
    panel: Panel,
    windows: Windows,
    fold: int,
    rows: Rows,
    backtest: BacktestConfig,
    should_stop: Callable[[], bool],
) -> Iterator[FoldScore]:
    """Train on the train rows and yield, after each epoch, what the fold is worth so far.

    Validation is judged only when the stop rows say that an epoch is the best yet.

    **Looks ahead:** weights and scaler see train rows; the stopped epoch and the threshold stop rows.

    Raises:
        DivergedError: A loss or an output is not finite.
        Interrupted: ``should_stop`` said yes.
    """
    training, chosen, loss = recipe.training, recipe.chosen, recipe.components.loss
    stream = RandomStream(fold_seed(recipe.seed, fold, recipe.parameters))
    network = recipe.build(stream)
    scaler = Scaler.fit(panel, rows.train, training.clip_sigma).to(training.device)
    targets, unit = recipe.targets(panel, rows.train), target_spread(panel, rows.train) or 1.0
    judged_places = torch.from_numpy(judged_rows(loss.sampling, rows.stop, panel.n_bars))
    judged_stop = torch.from_numpy(rows.stop)[judged_places].to(training.device)
    best, best_score, seconds = -np.inf, None, 0.0
    scores: list[float] = []
    learning_rates: list[float] = []
    for result in fit(
        network,
        windows,
        rows.train,
        scaler,
        targets,
        recipe.components,
        epochs=training.epochs,
        batch_size=chosen.batch_size,
        learning_rate=chosen.learning_rate,
        stream=stream,
        scores=scores,
        max_windows=training.max_windows_per_epoch,
        should_stop=should_stop,
    ):
        seconds += result.seconds
        learning_rates.append(result.learning_rate)
        output = predict(network, windows, rows.stop, scaler, training.eval_batch_size, should_stop)
        stop_loss = float(loss(Batch(output[judged_places.to(output.device)], judged_stop, targets)))
        if not np.isfinite([result.train_loss, stop_loss]).all() or not bool(torch.isfinite(output).all()):
            raise DivergedError(f"the loss or an output was not finite in epoch {result.epoch} of fold {fold}")
        truth, score = truth_of(panel, rows.stop), score_of(output, loss.head)
        threshold = choose_threshold(training.threshold, truth, score)
        watched: float | None = stop_loss
        if training.monitor_metric in CLASSIFICATION_METRICS:
            watched = classification_metrics(truth, score > threshold, score)[training.monitor_metric]
        elif training.monitor_metric != LOSS:
            watched = judge(panel, rows.stop, score, threshold, backtest, unit).metrics[training.monitor_metric]
        monitored = monitored_score(training.monitor_metric, watched)
        scores.append(monitored)
        if best_score is None or monitored > best + training.min_delta:
            best = monitored
            validation = predict(network, windows, rows.validation, scaler, training.eval_batch_size, should_stop)
            if not bool(torch.isfinite(validation).all()):
                raise DivergedError(f"a validation output was not finite in epoch {result.epoch} of fold {fold}")
            judged = judge(panel, rows.validation, score_of(validation, loss.head), threshold, backtest, unit)
            best_score = (result.epoch, threshold, judged.metrics)
        stopped_epoch, kept_threshold, metrics = best_score
        waited = result.epoch - stopped_epoch
        finished = waited >= chosen.early_stopping_patience or result.epoch == training.epochs
        by_epoch = (result.train_loss, stop_loss, tuple(learning_rates))
        yield FoldScore(fold, result.epoch, stopped_epoch, kept_threshold, metrics, seconds, *by_epoch, finished)
        if finished:
            return
