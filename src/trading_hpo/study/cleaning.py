"""What old trials have left, and which of it may go; the trials themselves and their records stay."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna

from trading_hpo.engine.store.optuna_tables import place_of
from trading_hpo.engine.store.payloads import drop_trial_payloads, payload_sizes, put_study_payload, study_payload
from trading_hpo.engine.trial_record import MOMENTS, SLOT
from trading_hpo.escaping import file_name
from trading_hpo.families.model_file import MODEL_FILE, read_description
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.own_trials import own_trials, set_aside_in
from trading_hpo.study.ranking import pareto_front, ranked
from trading_hpo.study.thinning import sample

CLEANED = "cleaned"  # key of the study's payload: numbers of trials whose tracked runs were removed
SCALARS = "*/*/08_reporting/tensorboard"  # under the data folder: scenario, source
NETWORKS = f"*/*/06_models/*/{MODEL_FILE}"  # likewise


@dataclass(frozen=True)
class Leftovers:
    """What the trials that are not kept have left.

    Attributes:
        kept: Numbers of the trials that keep all.
        numbers: Of those that lose it.
        without_series: Of these, the numbers of those that lose their return series, too; a sample keeps it.
        series: How many return series go.
        series_bytes: What they take in the database.
        folders: Of TensorBoard.
        folder_bytes: What they take on disk.
    """

    kept: frozenset[int]
    numbers: frozenset[int]
    without_series: frozenset[int]
    series: int
    series_bytes: int
    folders: Sequence[Path]
    folder_bytes: int


def leftovers(study: optuna.Study, keep: int, data: Path) -> Leftovers:
    """Return what may go: of all trials but the best, the front, those set aside and those that were retrained.

    The series of the sample that a large study keeps (``study.thinning``) stay: it stands for all that was tried.

    Args:
        study: Its trials that run or wait are left alone.
        keep: How many of the best keep all.
        data: Of the project, with the files of all scenarios.
    """
    kept = {trial.number for trial in [*ranked(study)[:keep], *pareto_front(study)]}
    kept |= set(set_aside_in(study)) | _retrained(study.study_name, data)
    ended = {trial.number: trial for trial in own_trials(study) if trial.state.is_finished()}
    old = {number: trial for number, trial in ended.items() if number not in kept}
    slot_of = {number: trial.user_attrs[SLOT] for number, trial in ended.items() if SLOT in trial.user_attrs}
    with_series = [slot_of[number] for number in slot_of if MOMENTS in ended[number].user_attrs]
    sampled = sample(with_series, conditions_of(study).get("seed", 0))
    without = frozenset(number for number in old if slot_of.get(number) not in sampled)
    sizes = [length for number, _, length in payload_sizes(*place_of(study)) if number in without]
    slots = {f"{slot_of[number]:05}" for number in old if number in slot_of}
    # Joined, never globbed: a name may hold what a pattern reads as more than itself.
    places = [folder / file_name(study.study_name) / slot for folder in data.glob(SCALARS) for slot in slots]
    folders = sorted(path for path in places if path.is_dir())
    return Leftovers(
        frozenset(kept & ended.keys()),
        frozenset(old),
        without,
        len(sizes),
        sum(sizes),
        folders,
        sum(map(_size, folders)),
    )


def remove(study: optuna.Study, found: Leftovers) -> None:
    """Remove return series and files; whose tracked runs are removed, the study remembers, so that none comes back."""
    drop_trial_payloads(*place_of(study), found.without_series)
    put_study_payload(*place_of(study), {CLEANED: json.dumps(sorted(found.numbers | cleaned_trials(study))).encode()})
    for folder in found.folders:
        shutil.rmtree(folder)


def cleaned_trials(study: optuna.Study) -> set[int]:
    """Return the numbers of the trials that are not to be tracked again."""
    return set(json.loads(study_payload(*place_of(study)).get(CLEANED, b"[]")))


def _retrained(study_name: str, data: Path) -> set[int]:
    """Return the trials of a study that the networks under a data folder were trained from."""
    cards = (read_description(path.parent)["card"] for path in data.glob(NETWORKS))
    return {card["trial_number"] for card in cards if card.get("study_name") == study_name and "trial_number" in card}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
