"""One network on one fold: train, stop early on the stop rows, judge on validation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import DivergedError, FoldScore, Rows
from trading_hpo.families.judgement import judge, truth_of
from trading_hpo.families.networks.architecture import Architecture, size_mb
from trading_hpo.metrics.classification import classification_metrics
from trading_hpo.training.config import Hyperparameters, TrainingConfig, split_parameters
from trading_hpo.training.loop import fit, predict
from trading_hpo.training.losses import Loss, make_loss
from trading_hpo.training.seeding import RandomStream, fold_seed
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import Panel


@dataclass(frozen=True)
class Recipe:
    """A configuration, ready to be trained on any rows.

    Attributes:
        architecture: Of the network.
        chosen: Learning rate, batch size and their like.
        training: What all trials share.
        parameters: As the study knows them; they seed the training.
        seed: Of the study.
    """

    architecture: Architecture
    chosen: Hyperparameters
    training: TrainingConfig
    parameters: Mapping[str, Any]
    seed: int

    @staticmethod
    def of(
        model_type: str, parameters: Mapping[str, Any], panel: Panel, training: TrainingConfig, seed: int
    ) -> "Recipe":
        """Return the recipe of a trial's parameters on a panel."""
        chosen, network = split_parameters(dict(parameters))
        length = chosen.window_bars or training.window_bars
        architecture = Architecture(model_type, network, panel.n_features, length, panel.n_assets)
        return Recipe(architecture, chosen, training, parameters, seed)

    def build(self, stream: RandomStream) -> torch.nn.Module:
        """Return the network with the weights that the stream draws."""
        with stream.entered():
            return self.architecture.build().to(self.training.device)

    def loss(self, panel: Panel, train: Int[np.ndarray, " N"]) -> Loss:
        """Return the trial's loss; a number is learned in units of its spread over the train rows."""
        base = make_loss(self.training.loss_name(panel.task), self.chosen)
        spread = target_spread(panel, train)
        if spread is None:
            return base
        return lambda output, target: base(output, target / spread)

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
    training, chosen = recipe.training, recipe.chosen
    stream = RandomStream(fold_seed(recipe.seed, fold, recipe.parameters))
    network = recipe.build(stream)
    scaler = Scaler.fit(panel, rows.train, training.clip_sigma).to(training.device)
    loss, unit = recipe.loss(panel, rows.train), target_spread(panel, rows.train) or 1.0
    best, best_score, seconds = -np.inf, None, 0.0
    for result in fit(
        network,
        windows,
        rows.train,
        scaler,
        loss,
        epochs=training.epochs,
        batch_size=chosen.batch_size,
        learning_rate=chosen.learning_rate,
        weight_decay=chosen.weight_decay,
        stream=stream,
        max_windows=training.max_windows_per_epoch,
        should_stop=should_stop,
    ):
        seconds += result.seconds
        output = predict(network, windows, rows.stop, scaler, training.eval_batch_size, should_stop)
        stop_loss = float(loss(output, windows.target[torch.from_numpy(rows.stop)]))
        if not np.isfinite([result.train_loss, stop_loss]).all() or not bool(torch.isfinite(output).all()):
            raise DivergedError(f"the loss or an output was not finite in epoch {result.epoch} of fold {fold}")
        truth, score = truth_of(panel, rows.stop), output.cpu().numpy()
        threshold = choose_threshold(training.threshold, truth, score)
        if training.monitor_metric == "loss":
            monitored = -stop_loss
        else:
            monitored = classification_metrics(truth, score > threshold, score)[training.monitor_metric]
        if best_score is None or monitored > best + training.min_delta:
            best = monitored
            validation = predict(network, windows, rows.validation, scaler, training.eval_batch_size, should_stop)
            if not bool(torch.isfinite(validation).all()):
                raise DivergedError(f"a validation output was not finite in epoch {result.epoch} of fold {fold}")
            judged = judge(panel, rows.validation, validation.cpu().numpy(), threshold, backtest, unit)
            best_score = (result.epoch, threshold, judged.metrics)
        stopped_epoch, kept_threshold, metrics = best_score
        waited = result.epoch - stopped_epoch
        finished = waited >= chosen.early_stopping_patience or result.epoch == training.epochs
        losses = (result.train_loss, stop_loss)
        yield FoldScore(fold, result.epoch, stopped_epoch, kept_threshold, metrics, seconds, *losses, finished)
        if finished:
            return
