"""The usual script: hyperparameter search as the tutorials of Optuna, PyTorch and MLflow show it.

One process; torch with the threads it takes by itself; ``study.optimize`` on a study in SQLite; a ``Dataset`` that cuts
one window out of the fold's scaled features, a ``DataLoader`` around it; ``AdamW``; ``loss.item()`` per batch; after
each epoch the loss on the stop rows and MCC on validation, both through a ``DataLoader`` with the large batch that the
project uses, in ``no_grad``; early stopping on the former; ``mlflow.log_param`` per parameter and
``mlflow.log_metric`` per number and epoch, in SQLite; a run per trial under a run of the search.

Features are scaled once per fold and kept in memory, batches are tensors, nothing is read twice. Networks, loss, search
space, folds, rows and seeds are the project's own. It computes MCC only, and never back-tests.
"""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import mlflow
import numpy as np
import optuna
import torch
from sklearn.metrics import matthews_corrcoef
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, RandomSampler

from benchmarks.measure import busy_s
from benchmarks.project import Inputs
from trading_hpo.engine.space import suggest
from trading_hpo.splits.folds import ROLES
from trading_hpo.tasks.registry import task_of
from trading_hpo.training.batch import Batch
from trading_hpo.training.config import split_parameters
from trading_hpo.training.seeding import fold_seed

if TYPE_CHECKING:
    from trading_hpo.families.networks.architecture import Architecture
    from trading_hpo.types import Fold, Panel

Sample = tuple[Tensor, int, np.float32]


@dataclass(frozen=True)
class Usual:
    """What the script did.

    Attributes:
        seconds: Of ``study.optimize``.
        other_cores: That other programs kept busy meanwhile.
        parameters: Of each trial.
        epochs: Of each trial, all folds together.
    """

    seconds: float
    other_cores: float
    parameters: list[dict[str, Any]]
    epochs: list[int]


class WindowDataset(Dataset[Sample]):
    """Windows that end at the given rows, one at a time; NumPy slices take half the time of torch's.

    Args:
        features: Scaled, [R, F].
        panel: Has the targets.
        rows: Row numbers of the panel.
        window_bars: L.
    """

    def __init__(self, features: np.ndarray, panel: "Panel", rows: np.ndarray, window_bars: int) -> None:
        self.features, self.target, self.window_bars = features, panel.target, window_bars
        self.places = list(zip(rows.tolist(), panel.asset[rows].tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: int) -> Sample:
        row, asset = self.places[index]
        window = self.features[row - self.window_bars + 1 : row + 1]
        return torch.from_numpy(window), asset, self.target[row]


class Script:
    """The search of one model type.

    Args:
        given: Panel, folds and parameters.
        model_type: Whose.
        space: Of the model type.
        epochs: Of a fold, at most.
        max_windows: Rows per epoch.
    """

    def __init__(
        self, given: Inputs, model_type: str, space: Mapping[str, Any], epochs: int, max_windows: int | None
    ) -> None:
        self.given, self.model_type, self.space = given, model_type, space
        self.epochs, self.max_windows, self.trained = epochs, max_windows, 0

    def run(self, folder: Path, configurations: Sequence[Mapping[str, Any]]) -> Usual:
        """Try the configurations, one after another.

        Args:
            folder: For the databases.
            configurations: What a random sampler drew.
        """
        mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
        mlflow.set_experiment("usual")
        sampler = optuna.samplers.RandomSampler(seed=self.given.parameters.hpo.seed)
        storage = f"sqlite:///{folder / 'studies.db'}"
        study = optuna.create_study(
            direction="maximize", sampler=sampler, pruner=optuna.pruners.NopPruner(), storage=storage
        )
        for configuration in configurations:
            study.enqueue_trial(dict(configuration))
        began, others_began = time.monotonic(), busy_s() - time.process_time()
        with mlflow.start_run():
            study.optimize(self.objective, n_trials=len(configurations))
        seconds, others_s = time.monotonic() - began, busy_s() - time.process_time() - others_began
        trials = study.get_trials(deepcopy=False)
        epochs = [trial.user_attrs["epochs"] for trial in trials]
        return Usual(seconds, others_s / seconds, [trial.params for trial in trials], epochs)

    def objective(self, trial: optuna.Trial) -> float:
        """Return the mean over folds of MCC at the epoch that was best on the stop rows."""
        parameters = suggest(self.space, trial)
        before = self.trained
        with mlflow.start_run(run_name=f"trial {trial.number}", nested=True):
            for name, value in parameters.items():
                mlflow.log_param(name, value)
            scores = [self.train_fold(parameters, fold) for fold in self.given.split.folds]
            mlflow.log_metric("mcc", float(np.mean(scores)))
        trial.set_user_attr("epochs", self.trained - before)
        return float(np.mean(scores))

    def train_fold(self, parameters: dict[str, Any], fold: "Fold") -> float:
        """Train with early stopping and return MCC on validation."""
        settings, panel = self.given.parameters.training, self.given.panel
        chosen, components, network_config = split_parameters(parameters, settings, task_of(panel.label).target_kind)
        torch.manual_seed(fold_seed(self.given.parameters.hpo.seed, fold.number, parameters))
        network = self.architecture(network_config).build()
        decay = components.optimizer.model_dump()["weight_decay"]
        optimizer = torch.optim.AdamW(network.parameters(), lr=chosen.learning_rate, weight_decay=decay)
        train, stop, validation = self.loaders(fold, chosen.batch_size)
        best_loss, best_score, best_weights, waited = np.inf, 0.0, network.state_dict(), 0
        for epoch in range(1, self.epochs + 1):
            train_loss = train_epoch(network, train, components.loss, optimizer)
            outputs, truth = evaluate(network, stop)
            stop_loss = components.loss(cast(Batch, _Batch(outputs, truth))).item()
            threshold = torch.quantile(outputs, 1 - truth.mean()).item()
            outputs, truth = evaluate(network, validation)
            score = float(matthews_corrcoef(truth.ravel() > 0.5, outputs.ravel() > threshold))
            for name, value in (("train_loss", train_loss), ("stop_loss", stop_loss), ("mcc", score)):
                mlflow.log_metric(f"{name}_fold_{fold.number}", value, step=epoch)
            self.trained += 1
            if stop_loss < best_loss - settings.min_delta:
                best_loss, best_score, waited = stop_loss, score, 0
                best_weights = copy.deepcopy(network.state_dict())
            else:
                waited += 1
            if waited >= chosen.early_stopping_patience:
                break
        network.load_state_dict(best_weights)
        return best_score

    def architecture(self, config: dict[str, Any]) -> "Architecture":
        """Return the project's network of a configuration."""
        from trading_hpo.families.networks.architecture import Architecture

        panel, window_bars = self.given.panel, self.given.parameters.training.window_bars
        return Architecture(self.model_type, config, panel.n_features, window_bars, panel.n_assets)

    def loaders(self, fold: "Fold", batch_size: int) -> tuple[DataLoader[Sample], ...]:
        """Return the batches of train, stop and validation rows, scaled by the train rows."""
        panel, settings = self.given.panel, self.given.parameters.training
        rows = {role: self.given.split.rows(panel, fold, role, self.given.longest_window) for role in ROLES}
        values = panel.features[rows["train"]]
        spread = values.std(axis=0)
        scaled = (panel.features - values.mean(axis=0)) / np.where(spread < 1e-12, 1, spread)
        features = scaled.clip(-settings.clip_sigma, settings.clip_sigma).astype("f4")
        train, stop, validation = (
            WindowDataset(features, panel, of_role, settings.window_bars) for of_role in rows.values()
        )
        drawn = RandomSampler(train, num_samples=min(self.max_windows or len(train), len(train)))
        large = settings.eval_batch_size
        return (
            DataLoader(train, batch_size, sampler=drawn),
            DataLoader(stop, large),
            DataLoader(validation, large),
        )


@dataclass(frozen=True)
class _Batch:
    """As much of a batch as the losses here look at."""

    output: Tensor
    target: Tensor
    weight: None = None

    def mean(self, values: Tensor) -> Tensor:
        return values.mean()


def train_epoch(
    network: nn.Module, batches: DataLoader[Sample], loss_of: Callable[..., Tensor], optimizer: torch.optim.Optimizer
) -> float:
    """Train on every batch once and return the mean loss."""
    network.train()
    total, n_rows = 0.0, 0
    for windows, asset, target in batches:
        optimizer.zero_grad()
        loss = loss_of(_Batch(network(windows, asset), target))
        torch.autograd.backward(loss)
        optimizer.step()
        total, n_rows = total + loss.item() * len(target), n_rows + len(target)
    return total / n_rows


@torch.no_grad()
def evaluate(network: nn.Module, batches: DataLoader[Sample]) -> tuple[Tensor, Tensor]:
    """Return outputs and targets of all batches."""
    network.eval()
    pairs = [(network(windows, asset), target) for windows, asset, target in batches]
    outputs, targets = zip(*pairs, strict=True)
    return torch.cat(outputs), torch.cat(targets)
