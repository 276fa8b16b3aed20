"""Transfer from earlier studies: their trials go to the new one's sampler, their best configurations are tried first.

The earlier trials may be of other epochs or of older data, so they are no candidates of the new study. They are kept
beside it, in a study of their own: a resumed search has the same, whatever has become of the earlier studies.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FixedTrial, FrozenTrial, TrialState, create_trial

from trading_hpo.engine.space import fits, space_from, suggest
from trading_hpo.engine.store.optuna_tables import study_names
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.trial_record import cost_of, metrics_of
from trading_hpo.errors import StorageError, StudyMismatchError, did_you_mean
from trading_hpo.escaping import one_line
from trading_hpo.study.conditions import differences
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.fingerprint import RESERVED, TRANSFERRED, conditions_of, knows_until
from trading_hpo.study.ranking import complete_trials, ranked

BEST_FIRST = 3
_WITHOUT = {
    "hpo.warm_start": "take it out of hpo.warm_start",
    "hpo.reoptimise": "--params hpo.reoptimise=false,hpo.study_name=<another name>",
}


@dataclass(frozen=True)
class Transfer:
    """What a new study takes over from earlier ones.

    Attributes:
        teachers: Names of the earlier studies.
        trials: Their complete trials within the new space, valued by the new objectives.
        first: Configurations to try first.
        until: The last moment that any of the teachers, or theirs, knows something of.
    """

    teachers: Sequence[str] = ()
    trials: Sequence[FrozenTrial] = ()
    first: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    until: str = ""


def transfer_of(teachers: Sequence[optuna.Study], space: Mapping[str, Any], hpo: HpoConfig) -> Transfer:
    """Return what a new study takes over; trials outside of its space, or without one of its metrics, are left out.

    Args:
        teachers: Finished or not.
        space: Of the new study.
        hpo: Its objectives and constraints.
    """
    trials = [trial for study in teachers for trial in _transferable(study, space, hpo)]
    best = [trial.params for study in teachers for trial in ranked(study)[:BEST_FIRST] if fits(space, trial.params)]
    distinct = [params for place, params in enumerate(best) if params not in best[:place]]
    until = max((knows_until(study) or "" for study in teachers), default="")
    return Transfer([study.study_name for study in teachers], trials, distinct, until)


def _transferable(study: optuna.Study, space: Mapping[str, Any], hpo: HpoConfig) -> Iterator[FrozenTrial]:
    for trial in complete_trials(study):
        measured = {**metrics_of(trial), **cost_of(trial)}
        values = [measured.get(objective.metric) for objective in hpo.improved]
        # Some costs are measured only where they are asked for; a metric that was, and has no value, breaks its bound.
        unmeasured = any(bound.metric not in measured for bound in hpo.constraints)
        if unmeasured or any(value is None for value in values) or not fits(space, trial.params):
            continue
        asked = FixedTrial(trial.params)
        if suggest(space, asked) != trial.params:
            continue
        bounds = [bound.violation(measured.get(bound.metric)) for bound in hpo.constraints]
        yield create_trial(
            state=TrialState.COMPLETE,
            values=[value for value in values if value is not None],
            params=trial.params,
            distributions=asked.distributions,
            user_attrs={"from": f"{study.study_name} {trial.number}"},
            system_attrs={"constraints": bounds} if bounds else {},
        )


def keep(storage: BaseStorage, study: optuna.Study, transfer: Transfer) -> None:
    """Write down what a study remembers; done again after a kill, it stands there once."""
    name = f"{RESERVED}{study.study_name}"
    if name in study_names(storage):
        optuna.delete_study(study_name=name, storage=storage)
    if transfer.trials:
        optuna.create_study(storage=storage, study_name=name, directions=study.directions).add_trials(transfer.trials)
    kept = {
        "teachers": list(transfer.teachers),
        "first": [dict(one) for one in transfer.first],
        "until": transfer.until,
    }
    study.set_user_attr(TRANSFERRED, kept)


def recall(storage: BaseStorage, study: optuna.Study) -> Transfer:
    """Return what a study remembers."""
    kept = study.user_attrs.get(TRANSFERRED)
    if kept is None:
        return Transfer()
    name = f"{RESERVED}{study.study_name}"
    there = name in study_names(storage)
    trials = optuna.load_study(study_name=name, storage=storage).get_trials(deepcopy=False) if there else []
    return Transfer(kept["teachers"], trials, kept["first"], kept["until"])


def teacher(
    storage: StudyStorage, name: str, asked_by: str, space: Mapping[str, Any], sealed_from: str
) -> optuna.Study:
    """Return an earlier study of the same space.

    **Looks ahead:** never; a study is no teacher if its folds, their labels included, or those of the studies that
    taught it reach into the new holdout.

    Args:
        storage: Where it is.
        name: Of the study.
        asked_by: The parameter that names it, for messages.
        space: Of the new study.
        sealed_from: First moment of the new holdout.

    Raises:
        StorageError: There is none of this name.
        StudyMismatchError: It is of another space, or has seen what is now holdout.
    """
    opened = storage.open_if_there()
    names = [] if opened is None else [other for other in study_names(opened) if not other.startswith(RESERVED)]
    if opened is None or name not in names:
        raise StorageError(f"{asked_by}: unknown study {name!r} in {storage.masked}. {did_you_mean(name, names)}")
    study = optuna.load_study(study_name=name, storage=opened)
    _check_same_space(study, asked_by, space)
    until = knows_until(study)
    if until is None or until >= sealed_from:
        seen = "does not say how far its folds reach" if until is None else f"used bars up to {until[:10]}"
        raise StudyMismatchError(
            f"{asked_by}: study {one_line(name)} {seen}, and the holdout begins at {sealed_from[:10]}. What it would "
            "teach was chosen on bars that are sealed now. Begin the holdout later, or do without this study."
        )
    return study


def _check_same_space(study: optuna.Study, asked_by: str, space: Mapping[str, Any]) -> None:
    theirs = conditions_of(study).get("search_space", {})
    theirs = {name: entry.in_words() for name, entry in space_from(theirs).items()}
    ours = {name: entry.in_words() for name, entry in space.items()}
    if lines := differences(theirs, ours):
        raise StudyMismatchError(
            f"{asked_by}: study {one_line(study.study_name)} is of another search space (its own -> now):\n"
            + "\n".join(lines)
            + f"\nGive the same ranges, or begin without it: {_WITHOUT[asked_by]}."
        )
