"""A configuration trained on some rows: fitted on train rows, stopped and decided on stop rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import DivergedError
from trading_hpo.families.judgement import monitored, traded_constant
from trading_hpo.families.networks.architecture import Architecture, size_mb
from trading_hpo.metrics.registry import METRICS
from trading_hpo.splits.folds import FINAL
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Decision, Forecast, Task
from trading_hpo.training.batch import Batch, PanelTensors
from trading_hpo.training.config import LOSS, Components, Hyperparameters, TrainingConfig, split_parameters
from trading_hpo.training.loop import fit, predict
from trading_hpo.training.sampling import judged_rows
from trading_hpo.training.seeding import RandomStream, fold_seed
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import BarRange, Panel


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
        width = components.loss.head.width(chosen.pred_len or task.n_targets)
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

    def targets(
        self, panel: Panel, unit: Float[np.ndarray, " C"], roles: Sequence[Int[np.ndarray, " N"]] = ()
    ) -> PanelTensors:
        """Return what the loss may know; targets are learned in the unit of the train rows.

        Args:
            panel: The data.
            unit: Of each target.
            roles: Rows of each, for tasks that weigh them: how much one counts follows from the labels of its own role
                alone.
        """
        of_roles = [own for rows in roles if (own := self.task.weights(panel, rows)) is not None]
        if not of_roles:
            return PanelTensors(panel, unit, self.training.device, held_bars=self.task.judged_steps)
        weight = np.zeros(panel.n_rows)
        weight[np.concatenate(roles)] = np.concatenate(of_roles)
        return PanelTensors(panel, unit, self.training.device, weight, self.task.judged_steps)

    def size_mb(self) -> float:
        """Return the memory of the network's weights, without taking it."""
        with torch.device("meta"):
            return size_mb(self.architecture.build())


@dataclass(frozen=True)
class Epoch:
    """What an epoch of a fitting left, as the stop rows see it.

    Attributes:
        number: From 1.
        train_loss: Of the epoch.
        stop_loss: After it.
        learning_rate: Of the epoch.
        seconds: Of training.
        decision: Chosen on the stop rows.
        is_best: Of all epochs so far.
        finished: No further epoch will come.
    """

    number: int
    train_loss: float
    stop_loss: float
    learning_rate: float
    seconds: float
    decision: Decision
    is_best: bool
    finished: bool


class Fitting:
    """A recipe on some rows: what is fitted sees train rows, what is chosen stop rows.

    **Looks ahead:** label only, of the rows given.

    Args:
        recipe: Of the network.
        panel: The data.
        windows: Of the panel.
        number: Of the fold; seeds the training.
        train: Rows that fit weights and scaler.
        stop: Rows that stop the training and set the threshold.
        stop_ranges: As ``Rows`` has them.
    """

    def __init__(
        self,
        recipe: Recipe,
        panel: Panel,
        windows: Windows,
        number: int,
        train: Int[np.ndarray, " N"],
        stop: Int[np.ndarray, " N"],
        stop_ranges: tuple[BarRange, ...] = (),
    ) -> None:
        self._recipe, self._panel, self._windows, self._number = recipe, panel, windows, number
        self._train, self._stop, self._stop_ranges = train, stop, stop_ranges
        self._stream = RandomStream(fold_seed(recipe.seed, number, recipe.parameters))
        self.network = recipe.build(self._stream)
        self.scaler = Scaler.fit(panel, train, recipe.training.clip_sigma).to(recipe.training.device)
        self.unit = recipe.task.scale(panel.target[train])[: recipe.chosen.pred_len]
        self._targets = recipe.targets(panel, self.unit, (train, stop))
        self.target_volatility = self._median_volatility() if recipe.head.in_risk else None

    def epochs(
        self, backtest: BacktestConfig, should_stop: Callable[[], bool], benchmark: BacktestConfig | None = None
    ) -> Iterator[Epoch]:
        """Train, and say after each epoch what it was worth on the stop rows.

        Raises:
            DivergedError: A loss or an output is not finite.
            Interrupted: ``should_stop`` said yes.
        """
        recipe, training = self._recipe, self._recipe.training
        monitor, stop_loss_of = self._monitor(backtest, benchmark or backtest), self._stop_loss()
        best, stopped_epoch = -np.inf, 0
        scores: list[float] = []
        for result in fit(
            self.network,
            self._windows,
            self._train,
            self.scaler,
            self._targets,
            recipe.components,
            epochs=training.epochs,
            batch_size=recipe.chosen.batch_size,
            learning_rate=recipe.chosen.learning_rate,
            stream=self._stream,
            scores=scores,
            clip_norm=recipe.chosen.clip_norm,
            max_windows=training.max_windows_per_epoch,
            should_stop=should_stop,
        ):
            output = self._predict(self._stop, should_stop)
            stop_loss = stop_loss_of(output)
            if not np.isfinite([result.train_loss, stop_loss]).all() or not bool(torch.isfinite(output).all()):
                raise DivergedError(
                    f"the loss or an output was not finite in epoch {result.epoch} of {_fold(self._number)}"
                )
            forecast = self._read(output, self._stop)
            decision = recipe.task.decide(forecast, self._panel.target[self._stop], training.threshold)
            reached = -stop_loss if monitor is None else monitor(forecast, decision)
            scores.append(reached)
            is_best = stopped_epoch == 0 or reached > best + training.min_delta
            if is_best:
                best, stopped_epoch = reached, result.epoch
            finished = (
                result.epoch - stopped_epoch >= recipe.chosen.early_stopping_patience or result.epoch == training.epochs
            )
            seen = (result.epoch, result.train_loss, stop_loss, result.learning_rate, result.seconds)
            yield Epoch(*seen, decision, is_best, finished)
            if finished:
                return

    def forecast(self, rows: Int[np.ndarray, " N"], epoch: int, should_stop: Callable[[], bool]) -> Forecast:
        """Return what the network says of other rows after an epoch.

        Raises:
            DivergedError: An output is not finite.
            Interrupted: ``should_stop`` said yes.
        """
        output = self._predict(rows, should_stop)
        if not bool(torch.isfinite(output).all()):
            raise DivergedError(f"a validation output was not finite in epoch {epoch} of {_fold(self._number)}")
        return self._read(output, rows)

    def _median_volatility(self) -> float:
        """At which an asset is held with its learned position: as many train rows move less as move more."""
        return float(np.median(self._volatility[self._train]))

    @property
    def _volatility(self) -> Float[np.ndarray, " R"]:
        """What the loss has sized positions by."""
        return self._targets.volatility.cpu().numpy()

    def _predict(self, rows: Int[np.ndarray, " N"], should_stop: Callable[[], bool]) -> Float[Tensor, "N O"]:
        size = self._recipe.training.eval_batch_size
        return predict(self.network, self._windows, rows, self.scaler, size, should_stop)

    def _read(self, output: Float[Tensor, "N O"], rows: Int[np.ndarray, " N"]) -> Forecast:
        forecast = self._recipe.task.forecast(output.cpu().numpy(), self._recipe.head, self.unit)
        if self.target_volatility is None:
            return forecast
        return forecast.sized(self.target_volatility, self._volatility[rows])

    def _stop_loss(self) -> Callable[[Float[Tensor, "N O"]], float]:
        """Return what gives the loss of the stop rows, in the order that the loss wants them in."""
        loss, panel, stop = self._recipe.components.loss, self._panel, self._stop
        places = torch.from_numpy(judged_rows(loss.sampling, stop, panel.bar[stop], panel.asset[stop]))
        rows = torch.from_numpy(stop)[places].to(self._recipe.training.device)
        return lambda output: float(loss(Batch(output[places.to(output.device)], rows, self._targets)))

    def _monitor(
        self, backtest: BacktestConfig, benchmark: BacktestConfig
    ) -> Callable[[Forecast, Decision], float] | None:
        """Return what gives the monitored metric of the stop rows; none where their loss is monitored."""
        name, panel, stop = self._recipe.training.monitor_metric, self._panel, self._stop
        if name == LOSS:
            return None
        constant = None
        if METRICS[name].reads_constant:
            constant = traded_constant(panel, stop, self._train, benchmark, self._stop_ranges)
        return lambda forecast, decision: monitored(
            panel, stop, forecast, decision, backtest, name, constant, self._stop_ranges
        )


def _fold(number: int) -> str:
    return "the final training" if number == FINAL else f"fold {number}"
