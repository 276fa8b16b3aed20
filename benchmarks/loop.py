"""Fold training against the loop that a competent person writes by hand for the same work.

Both train the last fold of the base configuration: the same network from the same weights, the same batches and
dropout masks, three epochs, the loss on the stop rows and a threshold after each, validation whenever an epoch is
the best so far. The hand-written loop knows no panel, scaler, generator or interruption. It scales the fold's features
once, gathers windows by stride, trains with fused AdamW, evaluates in inference mode, and computes MCC alone where
ours computes all metrics and back-tests. Both must end with the same stopped epoch, threshold and MCC.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import Row, fresh, quiet
from benchmarks.project import Inputs, inputs_of
from trading_hpo.families.registry import MODEL_TYPES

if TYPE_CHECKING:
    from torch import Tensor

    from trading_hpo.families.family import Rows
    from trading_hpo.families.networks.fitting import Recipe

EPOCHS = 3  # half of the base run's, for more repeats
ROLES = ("train", "stop", "validation")
LIMIT, REPEATS = 1.10, 5
OF_SHORT_EPOCHS = {"mlp": (1.25, 9)}  # whose ratio moves more
MIDDLES: dict[str, Any] = {  # of the base search spaces; no fold stops early
    **{"learning_rate": 1e-3, "batch_size": 256, "weight_decay": 1e-5, "dropout_rate": 0.2, "asset_embedding_dim": 8},
    **{"hidden_layers": 2, "hidden_dim_1": 96, "hidden_dim_2": 48},
    **{"lstm_hidden_dim": 24, "lstm_num_layers": 1, "attention_dim": 24, "use_layer_norm": True},
    **{"cnn_filters_1": 24, "cnn_kernel_size_1": 5, "use_max_pooling": False},
}


def rows(project: Path) -> Iterator[Row]:
    """Measure every model type."""
    for model_type in (name for name in MODEL_TYPES if MODEL_TYPES[name].has_epochs):
        limit, repeats = OF_SHORT_EPOCHS.get(model_type, (LIMIT, REPEATS))
        busy = quiet()
        ratios = fresh(_ratios, project, model_type, repeats)
        yield Row(f"loop.{model_type}", "fold training / a loop by hand, time", ratios, "x", limit, other_cores=[busy])


@dataclass(frozen=True)
class _Work:
    """What both loops are given."""

    given: Inputs
    rows: "Rows"
    recipe: "Recipe"
    fold: int


_Result = tuple[int, float, float]  # stopped epoch, threshold, MCC on validation


def _ratios(project: Path, model_type: str, repeats: int) -> list[float]:
    """Run both in turn, A B, B A, ...; the first pair warms up and is not counted."""
    work = _last_fold(inputs_of(project), model_type)
    ratios = []
    for turn in range(repeats + 1):
        order = (_ours, _by_hand) if turn % 2 else (_by_hand, _ours)
        done = {loop: _timed(loop, work) for loop in order}
        (ours_s, ours), (theirs_s, theirs) = done[_ours], done[_by_hand]
        if not np.allclose(ours, theirs, rtol=1e-5):  # kernels round by the place of a batch in memory
            raise RuntimeError(f"both loops must end alike, got {ours} and {theirs}")
        ratios.append(ours_s / theirs_s)
    return ratios[1:]


def _timed(loop: Callable[[_Work], _Result], work: _Work) -> tuple[float, _Result]:
    # Processor time: one thread computes and nothing waits, so other programs are kept out of the ratio.
    began = time.process_time()
    result = loop(work)
    return time.process_time() - began, result


def _last_fold(given: Inputs, model_type: str) -> _Work:
    from trading_hpo.families.family import Rows
    from trading_hpo.families.networks.fitting import Recipe
    from trading_hpo.training.machine import use_one_thread

    use_one_thread()
    fold, panel = given.split.folds[-1], given.panel
    train, stop, validation = (given.split.rows(panel, fold, role, given.longest_window) for role in ROLES)
    training = given.parameters.training.model_copy(update={"epochs": EPOCHS})
    declared = MODEL_TYPES[model_type]
    components = [registry[name] for registry in declared.choices.values() for name in registry]
    own = {name for config in (declared.config, *declared.common, *components) for name in config.model_fields}
    parameters = {name: value for name, value in MIDDLES.items() if name in own}
    recipe = Recipe.of(model_type, parameters, panel, training, given.parameters.hpo.seed)
    return _Work(given, Rows(train, stop, validation, validation), recipe, fold.number)


def _ours(work: _Work) -> _Result:
    """Train as a trial does."""
    from trading_hpo.families.networks.fold import fit_fold
    from trading_hpo.training.windows import Windows

    panel, parameters = work.given.panel, work.given.parameters
    windows = Windows(panel, work.recipe.architecture.window_bars)
    *_, last = fit_fold(
        work.recipe, panel, windows, work.fold, work.rows, parameters.backtest, should_stop=lambda: False
    )
    return last.stopped_epoch, last.threshold, float(last.metrics["mcc"] or 0.0)


def _by_hand(work: _Work) -> _Result:
    """Train as one would without the project; only the network and the loss are its own."""
    import torch

    from trading_hpo.training.batch import Batch
    from trading_hpo.training.seeding import fold_seed

    panel, chosen, training = work.given.panel, work.recipe.chosen, work.recipe.training
    length, asset = work.recipe.architecture.window_bars, torch.from_numpy(panel.asset)
    train, stop, validation = (torch.from_numpy(getattr(work.rows, role)) for role in ROLES)
    torch.manual_seed(fold_seed(work.recipe.seed, work.fold, work.recipe.parameters))
    network = work.recipe.architecture.build()
    targets = work.recipe.targets(panel, work.recipe.task.scale(panel.target[work.rows.train]))
    loss, decay = work.recipe.components.loss, work.recipe.parameters["weight_decay"]
    optimizer = torch.optim.AdamW(network.parameters(), lr=chosen.learning_rate, weight_decay=decay, fused=True)

    values = panel.features
    mean, spread = (f(values[work.rows.train], axis=0, dtype="f8").astype("f4") for f in (np.mean, np.std))
    scaled = np.clip((values - mean) / spread, -training.clip_sigma, training.clip_sigma)
    size = panel.n_features
    windows = torch.from_numpy(scaled).as_strided((len(scaled) - length + 1, length, size), (size, size, 1))
    target = torch.from_numpy(panel.target)

    @torch.inference_mode()
    def outputs(rows: "Tensor") -> "Tensor":
        network.eval()
        parts = torch.split(rows, training.eval_batch_size)
        scores = [network(windows.index_select(0, part - length + 1), asset[part]) for part in parts]
        return torch.cat(scores)

    best_loss, best = np.inf, (0, 0.0, 0.0)
    for epoch in range(1, training.epochs + 1):
        network.train()
        drawn = train[torch.randperm(len(train))[: training.max_windows_per_epoch]]
        for batch in torch.split(drawn, chosen.batch_size):
            chosen_windows = windows.index_select(0, batch - length + 1)
            value = loss(Batch(network(chosen_windows, asset[batch]), batch, targets))
            optimizer.zero_grad()
            torch.autograd.backward(value)
            optimizer.step()
        scores = outputs(stop)
        stop_loss = float(loss(Batch(scores, stop, targets)))
        threshold = float(np.quantile(scores.numpy(), 1 - target[stop].numpy().astype("f8").mean()))
        if stop_loss < best_loss:
            called = outputs(validation).squeeze(1).numpy() > threshold
            best_loss, best = stop_loss, (epoch, threshold, _mcc(target[validation, 0].numpy() > 0.5, called))
    return best


def _mcc(truth: np.ndarray, called: np.ndarray) -> float:
    tp, tn = float((truth & called).sum()), float((~truth & ~called).sum())
    fp, fn = float((~truth & called).sum()), float((truth & ~called).sum())
    return (tp * tn - fp * fn) / float(np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))
