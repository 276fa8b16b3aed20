"""All studies of a project: found, moved away, deleted."""

import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import optuna

from trading_hpo.engine.store.optuna_tables import ids_by_number, place_of, study_names
from trading_hpo.engine.store.payloads import copy_payloads, payload_sizes
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import DamagedStudyError, StorageError, did_you_mean
from trading_hpo.escaping import file_name, one_line
from trading_hpo.study.damage import readable
from trading_hpo.study.fingerprint import FINGERPRINT, RESERVED, conditions_of
from trading_hpo.study.reference import StudyRef

logger = logging.getLogger(__name__)

DATABASES = "*/*/06_models/studies.db"  # under the data folder: scenario, source
KEPT = "*/*/05_model_input/kept"  # likewise
SERVER = "TRADING_HPO_STORAGE"


def storages(data: Path) -> Iterator[StudyStorage]:
    """Yield the databases of a data folder, and the server that the environment names."""
    if os.environ.get(SERVER):
        yield StudyStorage(os.environ[SERVER])
    for path in sorted(data.glob(DATABASES)):
        yield StudyStorage(f"sqlite:///{path}")


def all_studies(data: Path) -> list[StudyRef]:
    """Return every study of a project whose database can be read; of the others there is a warning."""
    found = []
    for storage in storages(data):
        try:
            with storage.errors_in_words():
                names = study_names(storage.open())
                found += [StudyRef(name, storage) for name in names if not name.startswith(RESERVED)]
        except StorageError as error:  # one damaged file must not hide the studies of the others
            logger.warning("%s", error)
    return found


def find(data: Path, name: str) -> StudyRef:
    """Return the study of a name, or of a name that lists show so.

    Raises:
        StorageError: There is none, or more than one.
    """
    known = all_studies(data)
    found = [ref for ref in known if ref.study_name == name]
    found = found or [ref for ref in known if one_line(ref.study_name) == name]
    if not known:
        raise StorageError(f"There is no study under {data} yet. Run `kedro run --pipeline hpo` first.")
    if not found:
        raise StorageError(f"unknown study {name!r}. {did_you_mean(name, [ref.study_name for ref in known])}")
    if len(found) > 1:
        places = ", ".join(ref.storage.masked for ref in found)
        raise StorageError(f"study {name!r} is in {len(found)} databases: {places}. Move all but one away.")
    return found[0]


def count_trials(ref: StudyRef) -> int:
    """Return how many trials a study has, also of one that cannot be read."""
    storage = ref.storage.open()
    return len(ids_by_number(storage, storage.get_study_id_from_name(ref.study_name)))


def archive(ref: StudyRef, folder: Path, ledger: Path | None = None) -> StudyStorage:
    """Move a study into a database of its own; it is deleted only after the copy has all its trials.

    Args:
        ref: The study.
        folder: Of the new database.
        ledger: That its trials are entered into before (``study.trial_ledger``).

    Raises:
        StorageError: It is being searched, or was archived before under the same name.
    """
    path = folder / f"{file_name(ref.study_name)}.db"
    if path.exists():
        raise StorageError(f"{path} is there already. Move it away, then archive again.")
    draft = StudyStorage(f"sqlite:///{path}.part")
    with ref.storage.exclusive(ref.study_name), ref.storage.errors_in_words():
        assert draft.sqlite_path is not None
        draft.sqlite_path.unlink(missing_ok=True)
        if ledger is not None:
            _enter(ledger, ref)
        for name in _with_transferred(ref):
            source, target = (storage.open(records=False) for storage in (ref.storage, draft))
            optuna.copy_study(from_study_name=name, from_storage=source, to_storage=target)
            study, copy = (optuna.load_study(study_name=name, storage=storage) for storage in (source, target))
            copy_payloads(*place_of(study), *place_of(copy))
        if _size(StudyRef(ref.study_name, draft)) != _size(ref):
            raise StorageError(f"{path} could not take all trials of {one_line(ref.study_name)}; nothing was deleted.")
        _in_one_file(draft.sqlite_path, path)
        _delete(ref)
    return StudyStorage(f"sqlite:///{path}")


def delete(ref: StudyRef, ledger: Path | None = None) -> None:
    """Delete a study and all its trials.

    Args:
        ref: The study.
        ledger: As of ``archive``.

    Raises:
        StorageError: It is being searched.
    """
    with ref.storage.exclusive(ref.study_name), ref.storage.errors_in_words():
        if ledger is not None:
            _enter(ledger, ref, with_open=True)
        _delete(ref)


def panel_digest_of(study: optuna.Study) -> str | None:
    """Return the digest of the data that a study was made on; none of one that does not say, or is damaged."""
    made_under = conditions_of(study)
    data = made_under.get("data") if isinstance(made_under, Mapping) else None
    digest = data.get("digest") if isinstance(data, Mapping) else None
    return digest if isinstance(digest, str) else None


def _enter(ledger: Path, ref: StudyRef, with_open: bool = False) -> None:
    from trading_hpo.study.trial_ledger import enter  # needs pandas, which commands that only look do not

    enter(ledger, ref.open(), with_open=with_open)


def forget_panel(data: Path, digest: str) -> None:
    """Delete a kept panel that no study of the project was made on, archived ones included; in doubt it stays."""
    archives = (StudyStorage(f"sqlite:///{path}") for path in sorted((data / "archive").glob("*.db")))
    try:
        used = any(digest in _digests(storage) for storage in (*storages(data), *archives))
    except (StorageError, DamagedStudyError) as error:
        logger.warning("The data of the study stay in %s: another study may need them, and %s", KEPT, error)
        return
    for path in [] if used else data.glob(f"{KEPT}/{file_name(digest)}.safetensors"):
        path.unlink()


def _digests(storage: StudyStorage) -> Iterator[str]:
    """Yield the digests of the data that the studies of a database were made on."""
    with storage.errors_in_words():
        opened = storage.open()
        for name in study_names(opened):
            with readable(name, opened):
                attrs = opened.get_study_user_attrs(opened.get_study_id_from_name(name))
                if FINGERPRINT in attrs:
                    yield attrs[FINGERPRINT]["data"]["digest"]


def _with_transferred(ref: StudyRef) -> list[str]:
    """The study, and what it remembers of earlier ones."""
    there = study_names(ref.storage.open())
    return [name for name in (ref.study_name, f"{RESERVED}{ref.study_name}") if name in there]


def _size(ref: StudyRef) -> tuple[list[set[str]], list[tuple[int, str, int]]]:
    """What each trial of a study has recorded, by name, and how long each of their return series is."""
    study = ref.open()
    return [set(trial.user_attrs) for trial in study.get_trials(deepcopy=False)], payload_sizes(*place_of(study))


def _delete(ref: StudyRef) -> None:
    for name in reversed(_with_transferred(ref)):  # the study last: what is left of a cut deletion can be deleted again
        storage = ref.storage.open()
        with readable(name, storage):
            optuna.delete_study(study_name=name, storage=storage)


def _in_one_file(draft: Path, path: Path) -> None:
    """Put a database and its write-ahead log into one file, which can be moved and copied; the draft goes."""
    whole = path.with_suffix(".whole")
    with closing(sqlite3.connect(draft)) as source, closing(sqlite3.connect(whole)) as target:
        source.backup(target)
    whole.replace(path)
    for ending in ("", "-wal", "-shm", ".+tables.lock"):
        draft.with_name(f"{draft.name}{ending}").unlink(missing_ok=True)
