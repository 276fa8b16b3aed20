"""The losses that trials may have: whether they go with the labels, and with the bars that each role has."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from pydantic import ValidationError

from trading_hpo.engine.space import AnyParameter
from trading_hpo.errors import DataError
from trading_hpo.splits.folds import Split
from trading_hpo.tasks.task import TargetKind, Task
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.losses.loss import Loss
from trading_hpo.training.losses.registry import LOSSES
from trading_hpo.training.runs import longest_run
from trading_hpo.types import Panel


def searched_losses(
    space: Mapping[str, AnyParameter], training: TrainingConfig, target_kind: TargetKind
) -> Iterator[Loss]:
    """Yield each loss that a trial may choose, with each combination of the edges of its searched parameters.

    Args:
        space: Of a model type that learns by a loss.
        training: Has the loss and the options that are not searched.
        target_kind: For which ``auto`` stands.
    """
    names = space["loss"].edges() if "loss" in space else (training.chosen("loss", target_kind),)
    for name in map(str, names):
        loss, fixed = LOSSES[name], training.options("loss", name)
        searched = [own for own in loss.model_fields if own in space]
        for edges in product(*(space[own].edges() for own in searched)):
            options: dict[str, Any] = {**fixed, **dict(zip(searched, edges, strict=True))}
            try:
                yield loss(**options)
            except ValidationError:  # a trial of this combination fails with the reason
                continue


def loss_problems(
    model_type: str, space: Mapping[str, AnyParameter], training: TrainingConfig, task: Task
) -> Iterator[str]:
    """Yield what of the losses' parameters does not go with the labels, once each.

    Args:
        model_type: Whose space it is.
        space: As ``searched_losses`` gets it.
        training: The same.
        task: Of the labels.
    """
    held_bars, found = task.judged_steps or task.horizon_bars, dict[str, None]()
    for loss in searched_losses(space, training, task.target_kind):
        found |= dict.fromkeys(loss.problems(held_bars))
    for problem in found:
        searched = problem.partition(" ")[0] in space
        yield f"{model_type if searched else 'training.loss'}.{problem}"


def check_runs(
    panel: Panel,
    split: Split,
    window_bars: int,
    space: Mapping[str, AnyParameter],
    training: TrainingConfig,
    target_kind: TargetKind,
) -> None:
    """Refuse runs that are longer than the bars in a row that a role has of any asset.

    **Looks ahead:** label only; whether a row is a sample depends on where its label ends.

    Args:
        panel: The rows.
        split: The folds.
        window_bars: Longest window; rows without it are no samples.
        space: As ``searched_losses`` gets it.
        training: The same.
        target_kind: The same.

    Raises:
        DataError: With the longest runs that there may be.
    """
    runs = [loss for loss in searched_losses(space, training, target_kind) if loss.sampling.kind == "runs"]
    if not runs:
        return
    longest = max(runs, key=lambda loss: loss.sampling.length)
    there = {}
    for fold in split.folds:
        for role in ("train", "stop"):
            rows = split.rows(panel, fold, role, window_bars)
            there[f"{role} of fold {fold.number}"] = longest_run(rows, panel.asset[rows])
    shortest = min(there, key=lambda role: there[role])
    if longest.sampling.length > there[shortest]:
        raise DataError(
            [
                f"training.loss={longest.name} must learn from runs of at most {there[shortest]} bars, got "
                f"{longest.sampling.length}: the {shortest} has no more consecutive bars of one asset. Shorten the "
                "runs, or take longer folds."
            ]
        )
