"""Studies of tests, in memory: trials as somebody has left them, without a search."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.trial_record import COST, SLOT
from trading_hpo.study.fingerprint import FINGERPRINT

NOON = datetime(2026, 1, 2, 12)


def trial_of(
    *values: float | None,
    state: TrialState = TrialState.COMPLETE,
    params: Mapping[str, Any] | None = None,
    distributions: Mapping[str, BaseDistribution] | None = None,
    reports: Mapping[int, float] | None = None,
    constraints: Mapping[str, float] | None = None,
    ended_s: float = 0,
    **attrs: Any,
) -> FrozenTrial:
    """A trial of these values, or of none.

    Args:
        values: One for each objective.
        state: How it ended, or did not.
        params: That it was given.
        distributions: Of these parameters, and maybe of others that it has not.
        reports: By step.
        constraints: By name, as Optuna stores them.
        ended_s: Seconds after noon.
        attrs: What the search has noted on it.
    """
    params = dict(params or {})
    given = [value for value in values if value is not None]
    trial = create_trial(
        state=state,
        values=given or None,
        params=params,
        distributions={name: (distributions or {})[name] for name in params},
        intermediate_values=dict(reports or {}),
        constraints=None if constraints is None else dict(constraints),
        user_attrs=attrs,
    )
    if state != TrialState.WAITING:
        trial.datetime_start = NOON
    trial.datetime_complete = NOON + timedelta(seconds=ended_s) if state.is_finished() else None
    return trial


def study_of(
    *trials: FrozenTrial,
    name: str = "test.mlp",
    directions: Sequence[str] = ("maximize",),
    metrics: Sequence[str] | None = ("mcc",),
    foreign: Collection[int] = (),
    **attrs: Any,
) -> optuna.Study:
    """A study with these trials; ``metrics`` are the names of its objectives, of none in another program's study.

    Of a study that has a fingerprint the trials are its search's own, each in the slot of its place. ``foreign`` are
    the places of those that another program has added.
    """
    study = optuna.create_study(study_name=name, directions=list(directions))
    if metrics:
        with accepted_as_experimental():
            study.set_metric_names(list(metrics))
    for key, value in attrs.items():
        study.set_user_attr(key, value)
    for place, trial in enumerate(trials):
        if FINGERPRINT in attrs and place not in foreign:
            trial.user_attrs = {SLOT: place, COST: {}, **trial.user_attrs}
        study.add_trial(trial)
    return study
