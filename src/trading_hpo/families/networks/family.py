"""The family of networks: a loop over epochs, stopped early, on every fold."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from trading_hpo.families.family import Costs, Family, FinalData, FoldScore, StudyData
from trading_hpo.families.networks import fold as one_fold
from trading_hpo.families.networks.cost import BACKWARD, inference_flop, latency_ms, memory_mb, training_flop
from trading_hpo.families.networks.final import TrainedNetwork, train_final
from trading_hpo.families.networks.fitting import Recipe
from trading_hpo.training.machine import use_one_thread
from trading_hpo.training.windows import Windows

OPERATIONS = {"inference_mflop", "training_gflop"}


class Networks(Family):
    """Networks ``forward(windows [B, L, F], asset [B]) -> [B, outputs]``, trained by gradient descent."""

    def shared(self, data: StudyData) -> Callable[[int], Windows]:
        """Keep torch to one thread and return what gives the panel's windows by length, the last length's kept."""
        use_one_thread()
        return lru_cache(maxsize=1)(lambda length: Windows(data.panel, length, data.training.device))

    def costs(self, parameters: Mapping[str, Any], data: StudyData, wanted: Collection[str]) -> Costs:
        """Return the wanted costs; all but the latency are computed without building the network in memory."""
        recipe = _recipe(parameters, data)
        measures: dict[str, Callable[[], float]] = {
            "model_size_mb": recipe.size_mb,
            "memory_mb": lambda: memory_mb(
                recipe.architecture,
                recipe.chosen.batch_size,
                len(data.folds),
                recipe.components.optimizer.states_per_weight,
            ),
            "latency_ms": lambda: latency_ms(recipe.architecture, data.training.device),
        }
        known = {name: measure() for name, measure in measures.items() if name in wanted}
        windows = {
            number: min(len(rows.train), data.training.max_windows_per_epoch or len(rows.train))
            for number, rows in data.folds.items()
        }
        size = recipe.chosen.batch_size
        forecast = {number: len(rows.stop) + len(rows.traded) for number, rows in data.folds.items()}
        batches = {
            number: math.ceil(count / size) + forecast[number] / ((1 + BACKWARD) * size)
            for number, count in windows.items()
        }
        if not OPERATIONS & set(wanted):
            return Costs(known, epoch_batches=batches)
        forward = inference_flop(recipe.architecture)
        return Costs(
            {**known, "inference_mflop": forward / 1e6},
            {number: training_flop(forward, count) for number, count in windows.items()},
            batches,
        )

    def fit_fold(
        self,
        parameters: Mapping[str, Any],
        fold: int,
        data: StudyData,
        shared: Callable[[int], Windows],
        should_stop: Callable[[], bool],
    ) -> Iterator[FoldScore]:
        """Train on one fold and yield, after each epoch, what it is worth so far."""
        recipe = _recipe(parameters, data)
        windows = shared(recipe.architecture.window_bars)
        rows = data.folds[fold]
        return one_fold.fit_fold(recipe, data.panel, windows, fold, rows, data.backtest, should_stop, data.benchmark)

    def fit_final(
        self,
        parameters: Mapping[str, Any],
        data: FinalData,
        card: Mapping[str, Any],
    ) -> TrainedNetwork:
        """Train on the train rows, and stop by the stop rows."""
        return train_final(data, parameters, card)

    def load(self, folder: Path) -> TrainedNetwork:
        """Read a network."""
        return TrainedNetwork.load(folder)


def _recipe(parameters: Mapping[str, Any], data: StudyData) -> Recipe:
    return Recipe.of(data.model_type, parameters, data.panel, data.training, data.seed)


NETWORKS = Networks()
