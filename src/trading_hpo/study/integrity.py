"""The values of a study are those that its trials have recorded of their folds."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import COST, FOLDS, METRICS, NO_VALUE, SPREAD, VIOLATIONS, cost_of
from trading_hpo.splits.paths import mean_over_paths
from trading_hpo.study.damage import damaged
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.own_trials import own_trials
from trading_hpo.study.ranking import goals_of

# Another version of numpy may add in another order.
TOLERANCE = 1e-9

Paths = Mapping[int, Sequence[int]]


def checked(study: optuna.Study) -> optuna.Study:
    """Return a study whose complete trials are worth what their folds say.

    A study that this project did not make is taken as it is, and so is a value without folds to compare it with. Trials
    of other programs guide no choice and are not looked at.

    Raises:
        DamagedStudyError: With the first trials that are otherwise.
    """
    made_under = conditions_of(study)
    if not isinstance(made_under, Mapping):
        raise damaged(study.study_name, [f"its conditions must be a mapping, got {made_under!r}"])
    if not made_under:
        return study
    metrics, paths = [goal.metric for goal in goals_of(study)], _paths_of(made_under)
    complete = (trial for trial in own_trials(study) if trial.state == TrialState.COMPLETE)
    found = ((trial.number, _problem(trial, metrics, paths)) for trial in complete)
    if problems := [f"trial {number}: {problem}" for number, problem in found if problem is not None]:
        raise damaged(study.study_name, problems)
    return study


def _paths_of(made_under: Mapping[str, Any]) -> Paths:
    """Return the path of each validation range, by number of the fold; 0 where there is one path."""
    folds = made_under.get("folds", {})
    return {int(number): roles.get("paths", [0] * len(roles["validation"])) for number, roles in folds.items()}


def _problem(trial: FrozenTrial, metrics: Sequence[str], paths: Paths) -> str | None:
    """Return what is wrong with a complete trial."""
    values = trial.values or []
    if len(values) != len(metrics) or not all(map(math.isfinite, values)):
        return f"it must have {len(metrics)} finite values, got {trial.values}"
    for name, value in trial.params.items():
        if not _within(value, trial.distributions[name]):
            return f"{name} must be within {trial.distributions[name]}, got {value!r}"
    attrs = trial.user_attrs
    for name in (METRICS, SPREAD, NO_VALUE, COST, VIOLATIONS):
        if not isinstance(attrs.get(name, {}), Mapping):
            return f"{name} must be a mapping, got {attrs[name]!r}"
    if (folds := attrs.get(FOLDS)) and not _are_folds(folds, paths):
        return f"{FOLDS} must be one record for each of {len(paths)} folds, with number and metrics"
    return _misvalued(trial, metrics, sorted(folds or [], key=lambda fold: fold["fold"]), paths)


def _misvalued(
    trial: FrozenTrial, metrics: Sequence[str], folds: Sequence[Mapping[str, Any]], paths: Paths
) -> str | None:
    """Return which value is not the mean of the trial's folds, or the cost that it has recorded."""
    for metric, value in zip(metrics, trial.values, strict=True):
        expected = cost_of(trial).get(metric)
        of_folds = [fold["metrics"].get(metric) for fold in folds]
        if any(of_fold is not None for of_fold in of_folds):  # else it is a cost
            expected = mean_over_paths(of_folds, [paths[fold["fold"]] for fold in folds])
            if expected is None:
                return f"{metric} must be known of each fold, got {of_folds}"
        if expected is not None and not math.isclose(value, expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            return f"{metric} must be {expected!r}, the mean of its folds or its recorded cost, got {value!r}"
    return None


def _are_folds(folds: Any, paths: Paths) -> bool:
    if not isinstance(folds, list) or not all(isinstance(fold, Mapping) for fold in folds):
        return False
    numbers = [fold.get("fold") for fold in folds]
    return (
        set(numbers) == set(paths)
        and len(numbers) == len(paths)
        and all(isinstance(fold.get("metrics"), Mapping) for fold in folds)
    )


def _within(value: Any, distribution: BaseDistribution) -> bool:
    if isinstance(distribution, CategoricalDistribution):
        return value in distribution.choices
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    return bool(distribution.low <= value <= distribution.high)
