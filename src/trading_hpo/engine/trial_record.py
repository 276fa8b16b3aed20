"""Every attribute of a stored trial, by its name, and how to read it.

Those that are long are records (``engine.store.payloads``), not attributes of Optuna's: its dashboard would show them
whole. A trial that is read through ``StudyStorage.open`` has both among its user attributes. Studies of earlier
versions have all of them there. Beside them a trial carries a few rounded numbers to look at (``study.evaluation``),
which nothing reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

FIXED = "fixed_params"  # Optuna's own, of a system attribute: what an enqueued trial asks for
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
BLOCK_SCORES = "block_scores"  # of the forecast, above the constant one
REGIMES = "regimes"  # what it is worth in each regime of the market
FOLDS = "folds"  # per fold: stopped epoch, threshold, metrics

RECORDS = frozenset(
    {STARTED_FROM, VIOLATIONS, REPORTED, COST, METRICS, SPREAD, MOMENTS, BLOCK_SCORES, REGIMES, FOLDS}
)  # those that are long
OURS = RECORDS | {SLOT, LOST, NO_VALUE, REASON}


def ended_by_a_search(attrs: Mapping[str, Any]) -> bool:
    """Whether what a finished trial carries says that a search has ended it: a cost or a reason, and its slot.

    ``study.tell``, the dashboard and copies made by other programs leave none.
    """
    return SLOT in attrs and (COST in attrs or REASON in attrs)


def is_enqueued(trial: FrozenTrial) -> bool:
    """Whether no search has begun what another program has enqueued, which may carry a copy of our attributes.

    A search writes the parameters of a trial as it begins it.
    """
    return trial.state == TrialState.WAITING and FIXED in trial.system_attrs and not trial.params


def of_slots(trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials that take a slot: begun by a search and not ended by anything else; the first of each slot."""
    by_slot: dict[int, FrozenTrial] = {}
    for trial in trials:
        ours = not trial.state.is_finished() or ended_by_a_search(trial.user_attrs)
        if SLOT in trial.user_attrs and ours and not is_enqueued(trial):
            by_slot.setdefault(trial.user_attrs[SLOT], trial)
    return sorted(by_slot.values(), key=lambda trial: trial.number)


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
