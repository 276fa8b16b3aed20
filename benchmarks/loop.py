"""Fold training against the loop that a competent person writes by hand for the same work.

Both train the last fold of the base configuration: the same network from the same weights, the same batches and
dropout masks, three epochs, the loss on the stop rows and a threshold after each, validation whenever an epoch is
the best so far. The hand-written loop knows no panel, scaler, generator or interruption. It scales the fold's features
once, gathers windows by stride, trains with fused AdamW, evaluates in inference mode, and computes MCC alone where
ours computes all metrics and back-tests. Both must end with the same stopped epoch, threshold and MCC.

Base learns classes. Rows of other losses learn the return of the next bar, from the same panel: the additive loss that
takes longest on a batch, and the Sharpe ratio, whose batches are runs of bars.
"""

import time
import timeit
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import Row, fresh, quiet
from benchmarks.project import Inputs, inputs_of
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.tasks.forward_return import ForwardReturn
from trading_hpo.tasks.registry import label_of
from trading_hpo.training.config import AUTO, losses_for
from trading_hpo.training.losses.registry import LOSSES

if TYPE_CHECKING:
    from torch import Tensor

    from trading_hpo.families.family import Rows
    from trading_hpo.families.networks.fitting import Recipe
    from trading_hpo.types import Panel

EPOCHS = 3  # half of the base run's, for more repeats
ROLES = ("train", "stop", "validation")
LIMIT, REPEATS = 1.10, 5
OF_SHORT_EPOCHS = {"mlp": (1.25, 9)}  # whose ratio moves more
OF_OTHER_LOSSES = ("lstm", "mlp")
SHARPE, OF_RUNS = "sharpe", 1.35
MIDDLES: dict[str, Any] = {  # of the base search spaces; no fold stops early
    **{"learning_rate": 1e-3, "batch_size": 256, "weight_decay": 1e-5, "dropout_rate": 0.2, "asset_embedding_dim": 8},
    **{"hidden_layers": 2, "hidden_dim_1": 96, "hidden_dim_2": 48},
    **{"lstm_hidden_dim": 24, "lstm_num_layers": 1, "attention_dim": 24, "use_layer_norm": True},
    **{"cnn_filters_1": 24, "cnn_kernel_size_1": 5, "use_max_pooling": False},
}


def rows(project: Path) -> Iterator[Row]:
    """Measure every model type with its own loss, then two of them with other losses."""
    compares = "fold training / a loop by hand, time"
    for model_type in (name for name in MODEL_TYPES if MODEL_TYPES[name].has_epochs):
        limit, repeats = OF_SHORT_EPOCHS.get(model_type, (LIMIT, REPEATS))
        busy = quiet()
        ratios = fresh(_ratios, project, model_type, repeats)
        yield Row(f"loop.{model_type}", compares, ratios, "x", limit, other_cores=[busy])
    dearest = fresh(_dearest, project)
    for model_type, loss in product(OF_OTHER_LOSSES, (dearest, SHARPE)):
        limit, repeats = OF_SHORT_EPOCHS.get(model_type, (LIMIT, REPEATS))
        busy = quiet()
        ratios = fresh(_ratios, project, model_type, repeats, loss)
        limit = OF_RUNS if loss == SHARPE else limit
        yield Row(f"loop.{model_type}.{loss}", f"{compares}; loss {loss}", ratios, "x", limit, other_cores=[busy])


@dataclass(frozen=True)
class _Work:
    """What both loops are given."""

    given: Inputs
    rows: "Rows"
    recipe: "Recipe"
    fold: int
    rates: tuple[float, ...] = ()  # learning rate of every batch, for the loop by hand, where a schedule moves it


_Result = tuple[int, float, float]  # stopped epoch, threshold, MCC on validation


def _dearest(project: Path) -> str:
    """Return the additive loss of numbers that takes longest for the value and the gradient of a batch."""
    import torch

    from trading_hpo.training.batch import Batch, PanelTensors
    from trading_hpo.training.machine import use_one_thread

    use_one_thread()
    panel = _of_returns(inputs_of(project).panel)
    targets = PanelTensors(panel, panel.target[panel.labelled].std(axis=0))
    rows = torch.from_numpy(np.flatnonzero(panel.labelled)[: MIDDLES["batch_size"]])

    def seconds(name: str) -> float:
        loss = LOSSES[name]()
        output = torch.randn(len(rows), loss.head.width(1)).requires_grad_()
        steps = timeit.Timer(lambda: torch.autograd.backward(loss(Batch(output, rows, targets))))
        return min(steps.repeat(repeat=5, number=200))

    return max((name for name in losses_for("number") if LOSSES[name].additive), key=seconds)


def _of_returns(panel: "Panel") -> "Panel":
    """Return the panel with the return over its horizon as the target."""
    task = ForwardReturn(horizon_bars=panel.horizon_bars)
    returns = (1 + panel.forward_return).prod(axis=1, keepdims=True) - 1
    return replace(panel, target=returns, label=label_of(task))


def _ratios(project: Path, model_type: str, repeats: int, loss: str = AUTO) -> list[float]:
    """Run both in turn, A B, B A, ...; the first pair warms up and is not counted."""
    return ratios_of(_last_fold(inputs_of(project), model_type, loss), repeats)


def ratios_of(work: _Work, repeats: int) -> list[float]:
    """Run both loops in turn on the same work."""
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


def _last_fold(given: Inputs, model_type: str, loss: str = AUTO) -> _Work:
    from trading_hpo.families.family import Rows
    from trading_hpo.families.networks.fitting import Recipe
    from trading_hpo.training.machine import use_one_thread

    use_one_thread()
    if loss in losses_for("number"):
        given = replace(given, panel=_of_returns(given.panel))
    fold, panel = given.split.folds[-1], given.panel
    train, stop, validation = (given.split.rows(panel, fold, role, given.longest_window) for role in ROLES)
    training = given.parameters.training.model_copy(update={"epochs": EPOCHS, "loss": loss})
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
    rates = iter(work.rates)
    optimizer = torch.optim.AdamW(network.parameters(), lr=chosen.learning_rate, weight_decay=decay, fused=True)

    run, starts, seen = loss.sampling.length, train, torch.arange(len(stop))
    if run > 1:
        starts = _run_starts(train, asset, run)
        first = torch.searchsorted(stop, _one_after_another(_run_starts(stop, asset, run), run))
        seen = (first[:, None] + torch.arange(run)).flatten()

    values = panel.features
    mean, spread = (f(values[work.rows.train], axis=0, dtype="f8").astype("f4") for f in (np.mean, np.std))
    scaled = np.clip((values - mean) / spread, -training.clip_sigma, training.clip_sigma)
    size = panel.n_features
    windows = torch.from_numpy(scaled).as_strided((len(scaled) - length + 1, length, size), (size, size, 1))
    positive = panel.target[:, 0] > (0.5 if work.recipe.task.target_kind == "class" else 0)
    middle = loss.head.width(1) // 2  # of quantiles

    @torch.inference_mode()
    def outputs(rows: "Tensor") -> "Tensor":
        network.eval()
        parts = torch.split(rows, training.eval_batch_size)
        scores = [network(windows.index_select(0, part - length + 1), asset[part]) for part in parts]
        return torch.cat(scores)

    best_loss, best = np.inf, (0, 0.0, 0.0)
    for epoch in range(1, training.epochs + 1):
        network.train()
        n_drawn = min(len(train), training.max_windows_per_epoch or len(train))
        drawn = starts[torch.randperm(len(starts))[: n_drawn // run]]
        for batch in torch.split(drawn, chosen.batch_size // run):
            if run > 1:
                batch = (batch[:, None] + torch.arange(run)).flatten()  # noqa: PLW2901 - as one would by hand
            chosen_windows = windows.index_select(0, batch - length + 1)
            value = loss(Batch(network(chosen_windows, asset[batch]), batch, targets))
            optimizer.zero_grad()
            torch.autograd.backward(value)
            optimizer.param_groups[0]["lr"] = next(rates, chosen.learning_rate)
            optimizer.step()
        scores = outputs(stop)
        stop_loss = float(loss(Batch(scores[seen], stop[seen], targets)))
        threshold = float(np.quantile(scores[:, middle].numpy(), 1 - positive[work.rows.stop].mean()))
        if stop_loss < best_loss:
            called = outputs(validation)[:, middle].numpy() > threshold
            best_loss, best = stop_loss, (epoch, threshold, _mcc(positive[work.rows.validation], called))
    return best


def _run_starts(rows: "Tensor", asset: "Tensor", length: int) -> "Tensor":
    first, last = rows[: 1 - length], rows[length - 1 :]
    return first[(last - first == length - 1) & (asset[first] == asset[last])]


def _one_after_another(starts: "Tensor", length: int) -> "Tensor":
    import torch

    kept = [-length]
    for start in starts.tolist():
        if start >= kept[-1] + length:
            kept.append(start)
    return torch.tensor(kept[1:])


def _mcc(truth: np.ndarray, called: np.ndarray) -> float:
    tp, tn = float((truth & called).sum()), float((~truth & ~called).sum())
    fp, fn = float((~truth & called).sum()), float((truth & ~called).sum())
    return (tp * tn - fp * fn) / float(np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))
