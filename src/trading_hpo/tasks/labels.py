"""Bars -> labels: what a model should predict, and when it becomes known."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from pydantic import ConfigDict, ValidationError, model_validator

from trading_hpo.configuration import Config, problems_of
from trading_hpo.errors import did_you_mean
from trading_hpo.market.panel import OF_SOME_TASKS
from trading_hpo.tasks.registry import TASKS, task_of
from trading_hpo.tasks.task import Task
from trading_hpo.tasks.touch import prices_of


class LabelsConfig(Config):
    """What is predicted: the name of a task, and its options.

    An option of another task is accepted and has no effect: conf/base lists those of all our tasks, so that
    ``--params labels.kind=volatility`` alone changes the task. Its value is still checked, by the task that has it.
    """

    model_config = ConfigDict(extra="allow")

    kind: str = "direction"

    @model_validator(mode="before")
    @classmethod
    def _of_known_tasks(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and (problems := list(_problems(values))):
            raise ValueError(*problems)
        return values

    @property
    def task(self) -> Task:
        """The task with its own options."""
        own = TASKS[self.kind].model_fields
        options = {name: value for name, value in (self.model_extra or {}).items() if name in own}
        return task_of({"kind": self.kind, **options})


def _problems(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the task's name, with its own options together, and with those that another task has."""
    kind = values.get("kind", "direction")
    tasks = [TASKS[name] for name in TASKS]
    if isinstance(kind, str) and kind in TASKS:
        tasks.insert(0, TASKS[kind])
    else:
        yield f"labels.kind: {TASKS.unknown(kind)}"
    options = {name: value for name, value in values.items() if name != "kind"}
    for task in tasks:
        given = {name: options.pop(name) for name in task.model_fields if name in options}
        try:
            task(**given)
        except ValidationError as error:
            # Whether the options of another task go together does not matter.
            if task.name == kind or all(detail["loc"] for detail in error.errors()):
                yield from problems_of(error, task, prefix="labels")
    for name in options:
        yield f"labels.{name} is not a parameter. {did_you_mean(name, ['kind', *tasks[0].model_fields])}"


def target_columns(n_targets: int) -> list[str]:
    """Return the names of the targets' columns: ``target`` alone, or ``target_1..C``."""
    return ["target"] if n_targets == 1 else [f"target_{number}" for number in range(1, n_targets + 1)]


def build_labels(bars: pd.DataFrame, labels: LabelsConfig) -> pd.DataFrame:
    """Compute the label of every bar that has one.

    **Looks ahead:** label only. Targets and ``forward_return_k`` read the asset's next H bars.

    Args:
        bars: Cleaned bars, each asset's in time order.
        labels: The task.

    Returns:
        Long table ``timestamp, asset, target, label_end, forward_return_1..H``, asset after asset; several targets are
        ``target_1..C``. ``label_end`` is the timestamp of the bar at which the label becomes known. A bar without a
        label has none of these but ``forward_return_1``, if it has a next bar: a position is held there all the same.
        Of a task with barriers there are ``high, low, close, barrier_upper, barrier_lower`` too, known at every bar.
    """
    task = labels.task
    return pd.concat(
        [_of_one_asset(own.reset_index(drop=True), task) for _, own in bars.groupby("asset")], ignore_index=True
    )


def _of_one_asset(bars: pd.DataFrame, task: Task) -> pd.DataFrame:
    n_bars, horizon = len(bars), task.horizon_bars
    bar = np.arange(n_bars)
    following = bar[:, None] + np.arange(1, horizon + 1)
    targets, ends = task.build(bars).astype("f4"), task.label_ends(bars)
    one_bar = bars["close"] / bars["close"].shift() - 1
    forward = one_bar.reindex(following.ravel()).to_numpy("f4").reshape(n_bars, horizon)
    # What follows the end of a label is not purged with it, so no loss may see it.
    forward[following > ends[:, None]] = 0
    # All H returns must be there, where a label ends before them too.
    known = np.isfinite(targets).all(axis=1) & (bar + horizon < n_bars)
    targets[~known], forward[~known, 1:] = np.nan, np.nan
    return pd.DataFrame(
        {
            "timestamp": bars["timestamp"],
            "asset": bars["asset"],
            **dict(zip(target_columns(task.n_targets), targets.T, strict=True)),
            "label_end": bars["timestamp"].reindex(ends).where(known).array,
            **{f"forward_return_{k}": forward[:, k - 1] for k in range(1, horizon + 1)},
            **_barrier_columns(bars, task),
        }
    )


def _barrier_columns(bars: pd.DataFrame, task: Task) -> dict[str, Float[np.ndarray, " T"]]:
    """What a position rule must know to see a touch, by the names that the panel looks for; none without barriers."""
    barriers, named = task.barriers(bars), [*OF_SOME_TASKS["prices"], *OF_SOME_TASKS["barriers"]]
    return {} if barriers is None else dict(zip(named, [*prices_of(bars).T, *barriers.T], strict=True))
