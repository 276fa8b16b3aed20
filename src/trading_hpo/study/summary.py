"""A study in a few numbers; read with Optuna alone, as in ``fingerprint``."""

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import cost_of, violation
from trading_hpo.study.nothing_found import nothing_found
from trading_hpo.study.own_trials import foreign_trials, own_trials, set_aside_in
from trading_hpo.study.ranking import best_trial, goals_of


def study_summary(study: optuna.Study, storage: str) -> dict[str, Any]:
    """Return a small pointer to the study; it changes when the study does.

    Its own trials are counted by state; those that other programs have added or ended are counted apart.
    """
    trials, goals = own_trials(study), goals_of(study)
    best = best_trial(study)
    return {
        "study_name": study.study_name,
        "storage": storage,
        "direction": goals[0].direction,
        "metric": goals[0].metric,
        "objectives": [goal.describe() for goal in goals],
        "trials": {state.name.lower(): sum(t.state == state for t in trials) for state in TrialState},
        "foreign_trials": len(foreign_trials(study)),
        "set_aside": list(set_aside_in(study)),
        "best_trial": None if best is None else best.number,
        "best_value": None if best is None else best.values[0],
        "best_keeps_constraints": None if best is None else violation(best) == 0,
        "nothing_found": nothing_found(study),
    }


def spent(trials: Sequence[FrozenTrial], cost: str) -> float:
    """Return a cost of all trials together; those that ended before they were measured count 0."""
    return float(sum(cost_of(trial).get(cost, 0.0) for trial in trials))
