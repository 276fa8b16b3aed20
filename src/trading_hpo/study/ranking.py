"""The trials of a study, the best first: feasible ones, the Pareto front, and on it by the weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from jaxtyping import Float
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.dominance import by_weights, front_numbers, oriented
from trading_hpo.engine.trial_record import violation
from trading_hpo.study.own_trials import eligible_trials

WEIGHTS = "weights"  # attribute of a study


@dataclass(frozen=True)
class WeightedGoal:
    """One objective of a stored study."""

    metric: str
    direction: str
    weight: float

    def describe(self) -> dict[str, str | float]:
        """Return it as plain data."""
        return {"metric": self.metric, "direction": self.direction, "weight": self.weight}


def goals_of(study: optuna.Study) -> tuple[WeightedGoal, ...]:
    """Return the objectives of a study, also of one that this project did not make."""
    directions = [direction.name.lower() for direction in study.directions]
    numbered = ["value"] if len(directions) == 1 else [f"value {place}" for place in range(len(directions))]
    weights = study.user_attrs.get(WEIGHTS, [1.0] * len(directions))
    return tuple(map(WeightedGoal, study.metric_names or numbered, directions, weights))


def metric_of(study: optuna.Study) -> str:
    """Return the name of the first objective."""
    return goals_of(study)[0].metric


def complete_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the complete trials that may be chosen (``own_trials``); not copies, not to be changed."""
    return [trial for trial in eligible_trials(study) if trial.state == TrialState.COMPLETE]


def ranked(study: optuna.Study) -> list[FrozenTrial]:
    """Return the complete trials, the best first.

    Those that keep all constraints come before the others, which come by how far they are beyond them. Then by their
    fronts, and on one front by the weighted sum of their objectives; the earlier one of equals.
    """
    trials, goals = complete_trials(study), goals_of(study)
    keep = [trial for trial in trials if violation(trial) == 0]
    break_them = [trial for trial in trials if violation(trial) > 0]
    return [*_by_front(keep, goals), *sorted(break_them, key=lambda trial: (violation(trial), trial.number))]


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """Return the trial that is chosen; none if none is complete."""
    return next(iter(ranked(study)), None)


def pareto_front(study: optuna.Study) -> list[FrozenTrial]:
    """Return the feasible trials that no other feasible one dominates, in the order of ``ranked``."""
    keep = [trial for trial in ranked(study) if violation(trial) == 0]
    if not keep:
        return []
    number = front_numbers(_points(keep, goals_of(study)))
    return [trial for trial, front in zip(keep, number, strict=True) if front == 0]


def _by_front(trials: Sequence[FrozenTrial], goals: Sequence[WeightedGoal]) -> list[FrozenTrial]:
    if not trials:
        return []
    points = _points(trials, goals)
    sums = by_weights(points, [goal.weight for goal in goals])
    numbers = np.array([trial.number for trial in trials])
    order = np.lexsort((numbers, sums, front_numbers(points)))
    return [trials[place] for place in order]


def _points(trials: Sequence[FrozenTrial], goals: Sequence[WeightedGoal]) -> Float[np.ndarray, "N M"]:
    return oriented([trial.values for trial in trials], [goal.direction for goal in goals])
