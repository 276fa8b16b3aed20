"""A study in a few numbers; read with Optuna alone, as in ``fingerprint``."""

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import cost_of, violation
from trading_hpo.study.ranking import best_trial, goals_of


def study_summary(study: optuna.Study, storage: str) -> dict[str, Any]:
    """Return a small pointer to the study; it changes when the study does."""
    trials, goals = study.get_trials(deepcopy=False), goals_of(study)
    best = best_trial(study)
    return {
        "study_name": study.study_name,
        "storage": storage,
        "direction": goals[0].direction,
        "metric": goals[0].metric,
        "objectives": [goal.describe() for goal in goals],
        "trials": {state.name.lower(): sum(t.state == state for t in trials) for state in TrialState},
        "best_trial": None if best is None else best.number,
        "best_value": None if best is None else best.values[0],
        "best_keeps_constraints": None if best is None else violation(best) == 0,
    }


def spent(trials: Sequence[FrozenTrial], cost: str) -> float:
    """Return a cost of all trials together; those that ended before they were measured count 0."""
    return float(sum(cost_of(trial).get(cost, 0.0) for trial in trials))
