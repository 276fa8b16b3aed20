"""Data have grown: a new study, named by their last bar and taught by the latest one of fewer data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import optuna
import pandas as pd

from trading_hpo.engine.store.optuna_tables import study_names
from trading_hpo.market.panel import panel_digest
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.ranking import complete_trials
from trading_hpo.study.reference import StudyRef
from trading_hpo.types import Panel

STAMP = r"-\d{8}T\d{4}"


@dataclass(frozen=True)
class _Earlier:
    name: str
    digest: str
    last: pd.Timestamp
    knows_something: bool


def grown(ref: StudyRef, panel: Panel) -> StudyRef:
    """Return the study of the data as they are now, and by which earlier one it is taught.

    A study of the same data is continued, whatever its name; one without a complete trial transfers nothing. Of a
    search in phases the first one teaches: it has the whole search space.

    Args:
        ref: As it would be named without looking at the data.
        panel: The data.
    """
    known, digest, last = list(_earlier(ref)), panel_digest(panel), panel.timestamps[-1]
    for study in known:
        if study.digest == digest:
            return replace(ref, study_name=study.name)
    base, _, model_type = ref.study_name.rpartition(".")
    before = max(
        (study for study in known if study.last < last and study.knows_something),
        key=lambda study: study.last,
        default=None,
    )
    taught_by = () if before is None else (replace(ref, study_name=before.name).names[0],)
    return replace(ref, study_name=f"{base}-{last:%Y%m%dT%H%M}.{model_type}", grown_from=taught_by)


def _earlier(ref: StudyRef) -> Iterator[_Earlier]:
    """Studies of the same search on other data, by the name without a phase."""
    base, _, model_type = ref.study_name.rpartition(".")
    phase = f".{ref.phases[0]}" if ref.phases else ""
    pattern = re.compile(rf"({re.escape(base)}(?:{STAMP})?){re.escape(phase)}\.{re.escape(model_type)}")
    with ref.storage.errors_in_words():
        storage = ref.storage.open_if_there()
        if storage is None:
            return
        for name in study_names(storage):
            if matched := pattern.fullmatch(name):
                study = optuna.load_study(study_name=name, storage=storage)
                if data := conditions_of(study).get("data"):
                    moment, complete = pd.Timestamp(data["last"]), bool(complete_trials(study))
                    yield _Earlier(f"{matched.group(1)}.{model_type}", data["digest"], moment, complete)
