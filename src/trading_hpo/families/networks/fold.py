"""One network on one fold: train, stop early on the stop rows, judge on validation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import DivergedError, FoldScore, Rows
from trading_hpo.families.judgement import constant_forecast, judge, monitored
from trading_hpo.families.networks.architecture import Architecture, size_mb
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Task
from trading_hpo.training.batch import Batch, PanelTensors
from trading_hpo.training.config import LOSS, Components, Hyperparameters, TrainingConfig, split_parameters
from trading_hpo.training.loop import fit, predict
from trading_hpo.training.sampling import judged_rows
from trading_hpo.training.seeding import RandomStream, fold_seed
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import Panel


@dataclass(frozen=True)
class Recipe:
    """A configuration, ready to be trained on any rows.

    Attributes:
        task: What is predicted.
        architecture: Of the network.
        chosen: Learning rate, batch size and their like.
        components: Loss, optimizer, schedule.
        training: What all trials share.
        parameters: As the study knows them; they seed the training.
        seed: Of the study.
    """

    task: Task
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
        task = task_of(panel.label)
        chosen, components, network = split_parameters(parameters, training, task.target_kind)
        length = chosen.window_bars or training.window_bars
        width = components.loss.head.width(task.n_targets)
        architecture = Architecture(model_type, network, panel.n_features, length, panel.n_assets, width)
        return Recipe(task, architecture, chosen, components, training, parameters, seed)

    def build(self, stream: RandomStream) -> torch.nn.Module:
        """Return the network with the weights that the stream draws."""
        with stream.entered():
            return self.architecture.build().to(self.training.device)

    @property
    def head(self) -> Head:
        """What the outputs stand for."""
        return self.components.loss.head

    def targets(self, panel: Panel, unit: Float[np.ndarray, " C"]) -> PanelTensors:
        """Return what the loss may know; targets are learned in the unit of the train rows."""
        return PanelTensors(panel, unit, self.training.device)

    def size_mb(self) -> float:
        """Return the memory of the network's weights, without taking it."""
        with torch.device("meta"):
            return size_mb(self.architecture.build())


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
    task, training, chosen, loss = recipe.task, recipe.training, recipe.chosen, recipe.components.loss
    stream = RandomStream(fold_seed(recipe.seed, fold, recipe.parameters))
    network = recipe.build(stream)
    scaler = Scaler.fit(panel, rows.train, training.clip_sigma).to(training.device)
    unit, stop_targets = task.scale(panel.target[rows.train]), panel.target[rows.stop]
    targets = recipe.targets(panel, unit)
    constant = constant_forecast(panel, rows.validation, rows.train)
    stop_constant = constant_forecast(panel, rows.stop, rows.train)
    bar, asset = panel.bar[rows.stop], panel.asset[rows.stop]
    judged_places = torch.from_numpy(judged_rows(loss.sampling, rows.stop, bar, asset))
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
        forecast = task.forecast(output.cpu().numpy(), recipe.head, unit)
        decision = task.decide(forecast, stop_targets, training.threshold)
        reached = -stop_loss
        if training.monitor_metric != LOSS:
            named = (training.monitor_metric, stop_constant, rows.stop_ranges)
            reached = monitored(panel, rows.stop, forecast, decision, backtest, *named)
        scores.append(reached)
        if best_score is None or reached > best + training.min_delta:
            best = reached
            validation = predict(network, windows, rows.validation, scaler, training.eval_batch_size, should_stop)
            if not bool(torch.isfinite(validation).all()):
                raise DivergedError(f"a validation output was not finite in epoch {result.epoch} of fold {fold}")
            forecast = task.forecast(validation.cpu().numpy(), recipe.head, unit)
            judged = judge(panel, rows.validation, forecast, decision, backtest, constant, rows.validation_ranges)
            best_score = (result.epoch, decision.threshold, judged)
        stopped_epoch, kept_threshold, kept = best_score
        waited = result.epoch - stopped_epoch
        finished = waited >= chosen.early_stopping_patience or result.epoch == training.epochs
        by_epoch = (result.train_loss, stop_loss, tuple(learning_rates))
        traded = (kept.returns, kept.bars, kept.exposure)
        yield FoldScore(
            fold, result.epoch, stopped_epoch, kept_threshold, kept.metrics, seconds, *by_epoch, finished, *traded
        )
        if finished:
            return
