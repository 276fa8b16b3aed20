"""What an epoch of a model type takes before its first trial: a few batches are timed, and scaled by the costs."""

import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any

import optuna
from optuna.distributions import BaseDistribution

from trading_hpo.engine.samplers.point_sampler import PointSampler
from trading_hpo.engine.samplers.unit_interval import from_unit
from trading_hpo.engine.space import suggest
from trading_hpo.errors import Interrupted
from trading_hpo.families.family import StudyData
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.families.traded import traded_family
from trading_hpo.training.machine import give_memory_back

WARM_UP, BATCHES = 2, 5
LONGEST_S = 2.0  # of one model type, where batches are long


class _Middle(PointSampler):
    def draw(self, study: optuna.Study) -> Mapping[str, Any]:
        del study
        return {}

    def coordinate(self, point: Mapping[str, Any], name: str, distribution: BaseDistribution) -> Any:
        del point, name
        return from_unit(distribution, 0.5)


def middle_of(space: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration from the middle of a search space."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return suggest(space, optuna.create_study(sampler=_Middle()).ask())


def epoch_seconds(model_type: str, parameters: Mapping[str, Any], data: StudyData) -> float | None:
    """Return about how long an epoch takes, over all folds; none of a family that cannot tell.

    A model type without epochs takes as long as a fit divided by the epochs that others have.

    **Looks ahead:** as ``Family.fit_fold``; nothing is kept of what is fitted.

    Args:
        model_type: Whose family fits.
        parameters: Of a configuration.
        data: Of a study, of this model type or another.
    """
    data, family = replace(data, model_type=model_type), traded_family(model_type)
    batches = family.costs(parameters, data, ()).epoch_batches
    if not batches:
        declared = MODEL_TYPES[model_type]
        return None if declared.has_epochs or declared.candidates_per_batch > 1 else _share_of_a_fit(parameters, data)
    moments = list[float]()

    def should_stop() -> bool:
        moments.append(time.monotonic())
        return len(moments) > WARM_UP + BATCHES or moments[-1] - moments[0] > LONGEST_S

    try:
        next(family.fit_fold(parameters, min(data.folds), data, family.shared(data), should_stop))
    except Interrupted:
        pass  # as it was asked to be
    finally:
        give_memory_back()
    seconds = [after - before for before, after in pairwise(moments[WARM_UP:] or moments)]
    return median(seconds) * sum(batches.values()) if seconds else None


def _share_of_a_fit(parameters: Mapping[str, Any], data: StudyData) -> float:
    """Fit the smallest fold, and scale by the rows of all."""
    rows = {number: len(own.train) for number, own in data.folds.items()}
    smallest, family = min(rows, key=lambda number: rows[number]), traded_family(data.model_type)
    shared, began = family.shared(data), time.monotonic()
    next(family.fit_fold(parameters, smallest, data, shared, lambda: False))
    seconds = time.monotonic() - began
    return seconds * sum(rows.values()) / rows[smallest] / data.training.epochs
