"""Every attribute of a stored trial, by the name under which Optuna keeps it, and how to read it."""

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

SLOT = "slot"  # place in the budget
STARTED_FROM = "started_from"  # configuration to start from that was tried, as JSON
LOST = "lost"  # workers that died or hung on it
NO_VALUE = "no_value"  # why a metric has none, by its name
REASON = "reason"  # why it failed, or was given up over a limit
VIOLATIONS = "violations"  # of each constraint by name, as a share of its bound; 0 or less keeps it
REPORTED = "curve"  # values by step with several objectives: Optuna stores one number per step
COST = "cost"  # by name: epochs, training_time_s, model_size_mb ...
METRICS, SPREAD = "metrics", "spread"  # mean and sample standard deviation over folds, by metric
MOMENTS = "moments"  # of the payload that is kept beside the trial: numbers by name
FOLDS = "folds"  # per fold: stopped epoch, threshold, metrics


def reported_values(trial: FrozenTrial) -> dict[int, Sequence[float]]:
    """Return the values by step, one per objective."""
    kept: Mapping[str, Sequence[float]] | None = trial.user_attrs.get(REPORTED)
    if kept is None:
        return {step: (value,) for step, value in trial.intermediate_values.items()}
    return {int(step): values for step, values in kept.items()}


def violation(trial: FrozenTrial) -> float:
    """Return how far a trial exceeds its constraints, all together; 0 if it keeps them."""
    return float(sum(max(value, 0.0) for value in trial.constraints.values()))


def feasible_value(trial: FrozenTrial) -> float | None:
    """Return the first objective of a complete trial that keeps the constraints; none of any other."""
    return trial.values[0] if trial.state == TrialState.COMPLETE and violation(trial) == 0 else None


def cost_of(trial: FrozenTrial) -> dict[str, Any]:
    """Return what the trial has taken, by name; empty if it ended before it could say."""
    cost: dict[str, Any] = trial.user_attrs.get(COST, {})
    return cost


def metrics_of(trial: FrozenTrial) -> dict[str, float | None]:
    """Return the means over folds by metric; empty for a trial without an end."""
    metrics: dict[str, float | None] = trial.user_attrs.get(METRICS, {})
    return metrics
