"""Which trials of a large study keep their return series: the best, and a sample of all others. Moments stay of all."""

import hashlib
from collections.abc import Iterable, Sequence

from optuna.trial import TrialState
from sqlalchemy import Engine

from trading_hpo.engine.store.optuna_tables import Ended, count_ended, ended_trials
from trading_hpo.engine.store.payloads import drop_trial_payloads, payload_sizes
from trading_hpo.engine.trial_record import MOMENTS, SLOT, VIOLATIONS
from trading_hpo.metrics.metric import Direction

MANY = 5_000  # trials with a series, 50 MB at 2,000 bars: as many as statistics over all pairs of them can take
BEST = 500
SAMPLE = 1_000  # enough for a quantile of all trials to one percent


def thin(engine: Engine, study_id: int, direction: Direction, seed: int) -> None:
    """Remove the series that a study with more than ``MANY`` of them does not keep.

    What is kept follows from the set of trials alone, not from when it was asked before: the best by the first
    objective can only lose their place to better ones, and the sample are the trials of the least random keys.

    Args:
        engine: Of the study's database.
        study_id: There.
        direction: Of the first objective.
        seed: Of the study; draws the sample.
    """
    if count_ended(engine, study_id) <= MANY:  # the usual case, asked for every half minute
        return
    trials = [trial for trial in ended_trials(engine, study_id, (SLOT, VIOLATIONS, MOMENTS)) if MOMENTS in trial.attrs]
    if len(trials) <= MANY:
        return
    sampled = sample((trial.attrs[SLOT] for trial in trials), seed)
    kept = {trial.number for trial in _best(trials, direction)}
    kept |= {trial.number for trial in trials if trial.attrs[SLOT] in sampled}
    drop_trial_payloads(engine, study_id, {number for number, *_ in payload_sizes(engine, study_id)} - kept)


def _best(trials: Sequence[Ended], direction: Direction) -> list[Ended]:
    """Return the best complete trials; those that keep all constraints come before the others."""
    sign = -1 if direction == "maximize" else 1
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE and trial.value is not None]

    def place(trial: Ended) -> tuple[float, float, int]:
        assert trial.value is not None
        over = sum(max(value, 0.0) for value in trial.attrs.get(VIOLATIONS, {}).values())
        return over, sign * trial.value, trial.attrs[SLOT]

    return sorted(complete, key=place)[:BEST]


def sample(slots: Iterable[int], seed: int) -> set[int]:
    """Return the slots whose trials stand for all, whatever they are worth: statistics over winners alone mislead.

    Args:
        slots: Of the trials that have a series.
        seed: Of the study.
    """

    def key(slot: int) -> bytes:
        return hashlib.sha256(f"{seed} {slot}".encode()).digest()

    return set(sorted(slots, key=key)[:SAMPLE])
