"""What a trial costs, and whether it may: known before it is fitted, or counted up while it runs."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from trading_hpo.errors import OverLimitError
from trading_hpo.families.family import Costs, Family, FoldScore, StudyData
from trading_hpo.study.config import LimitsConfig


def costs_within(
    limits: LimitsConfig, family: Family, parameters: Mapping[str, Any], data: StudyData, wanted: Collection[str]
) -> Costs:
    """Return the costs of a configuration; those that take time only where they are wanted.

    What is limited is asked for first and one by one: a model that is too large is never built to be measured.

    Raises:
        OverLimitError: The model, or its training, would be too large.
    """
    known: dict[str, float] = {}
    for cost, limit, words in (
        ("model_size_mb", "max_model_size_mb", "its network takes"),
        ("memory_mb", "max_memory_mb", "its training would take about"),
    ):
        largest = getattr(limits, limit)
        if cost == "model_size_mb" or cost in wanted or largest is not None:
            known.update(family.costs(parameters, data, {cost}).known)
        if largest is not None and known.get(cost, 0.0) > largest:
            raise OverLimitError(f"{words} {known[cost]:.2f} MB, hpo.limits.{limit} is {largest:g}")
    rest = family.costs(parameters, data, set(wanted) - known.keys())
    return Costs({**known, **rest.known}, rest.epoch_flop)


def costs_after(costs: Costs, scores: Sequence[FoldScore]) -> dict[str, float]:
    """Return all costs, those of training up to here.

    Args:
        costs: Known before.
        scores: Of the folds that have begun.
    """
    spent = {
        "epochs": float(sum(score.epochs for score in scores)),
        "training_time_s": sum(score.seconds for score in scores),
    }
    if costs.epoch_flop:
        spent["training_gflop"] = sum(score.epochs * costs.epoch_flop[score.fold] for score in scores) / 1e9
    return {**spent, **costs.known}


def within_time(minutes: float | None, should_stop: Callable[[], bool], n_trials: int = 1) -> Callable[[], bool]:
    """Ask ``should_stop``, and end the trials when the time of all is over; asked before every batch.

    Raises:
        OverLimitError: By what is returned, once it is over.
    """
    if minutes is None:
        return should_stop
    deadline = time.monotonic() + 60 * minutes * n_trials

    def checked() -> bool:
        if time.monotonic() > deadline:
            raise OverLimitError(f"it trained longer than hpo.limits.max_training_time_minutes, {minutes:g}")
        return should_stop()

    return checked
