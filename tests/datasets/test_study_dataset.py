"""The pointer to a study: small, without a password, and a fingerprint of the study behind it."""

import json
import subprocess
import sys

import optuna
import pytest
from kedro.io import DatasetError
from optuna.trial import TrialState

from trading_hpo.datasets import StudyDataset
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StaleInputError, StorageError
from trading_hpo.study.reference import NOT_SEARCHED, StudyRef

NAME = "test.mlp"
VARIABLE = "TRADING_HPO_TEST_STORAGE"
URL = "postgresql+psycopg://me:s3cr%7Bet@db.example/studies"


@pytest.fixture
def pointer(tmp_path):
    return tmp_path / "deep" / "study_mlp.json"


@pytest.fixture
def dataset(tmp_path, pointer) -> StudyDataset:
    return StudyDataset(filepath=str(pointer), storage={"filepath": str(tmp_path / "studies.db")})


@pytest.fixture
def storage(tmp_path) -> StudyStorage:
    return StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")


@pytest.fixture
def study(storage, dataset) -> optuna.Study:
    dataset.save(StudyRef(NAME, storage))
    return optuna.create_study(storage=storage.open(), study_name=NAME, direction="maximize")


def test_a_pointer_never_saved_loads_as_skipped_and_makes_nothing(dataset, tmp_path):
    assert not dataset.exists()
    ref = dataset.load()
    assert (ref.study_name, ref.skipped) == ("", NOT_SEARCHED)
    assert list(tmp_path.iterdir()) == []


def test_what_was_saved_is_opened_also_while_it_is_searched(dataset, study):
    study.ask()
    assert dataset.exists()
    assert [trial.state for trial in dataset.load().open().trials] == [TrialState.RUNNING]


def test_a_skipped_study_stays_skipped_with_its_reason(dataset, storage):
    dataset.save(StudyRef(NAME, storage, skipped="left out by hpo.models_to_optimize"))
    assert dataset.load() == StudyRef(NAME, storage, skipped="left out by hpo.models_to_optimize")


def test_a_search_after_a_skip_is_skipped_no_more(dataset, storage):
    dataset.save(StudyRef(NAME, storage, skipped="left out"))
    dataset.save(StudyRef(NAME, storage))
    assert dataset.load().skipped is None


@pytest.mark.parametrize("damage", ["{garb", "", "[]", "{}", '{"study_name": 3}', '{"storage": "x"}', "\x00\xff"])
def test_a_damaged_pointer_is_named_with_a_way_out(dataset, pointer, damage):
    pointer.parent.mkdir()
    pointer.write_bytes(damage.encode("latin-1"))
    for read in (dataset.load, dataset.fingerprint):
        with pytest.raises(DatasetError) as told:
            read()
        cause = told.value.__cause__
        assert isinstance(cause, StaleInputError)
        assert str(cause).startswith(f"{pointer} is damaged")
        assert "run" in str(cause).lower()


def test_a_pointer_to_a_study_that_is_gone_says_so_when_it_is_opened(dataset, storage):
    dataset.save(StudyRef(NAME, storage))
    with pytest.raises(StorageError, match=r"Study test\.mlp is not in .*Run `kedro run --pipeline hpo` first"):
        dataset.load().open()
    assert "absent" in dataset.fingerprint()


# The fingerprint

WRITER = """
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.load_study(study_name=sys.argv[1], storage=sys.argv[2])
for order in sys.stdin:
    if order == "begin\\n":
        trial = study.ask()
    elif order == "report\\n":
        trial.report(0.5, 1)
    else:
        study.tell(trial, 0.5)
    print("done", flush=True)
"""


def test_the_fingerprint_changes_while_another_process_writes_the_study(dataset, study, storage):
    seen = [dataset.fingerprint()]
    command = [sys.executable, "-c", WRITER, NAME, storage.url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        for order in ("begin", "report", "end"):
            writer.stdin.write(f"{order}\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "done\n"
            seen += [dataset.fingerprint(), dataset.fingerprint()]
    assert seen[1::2] == seen[2::2]  # nothing happens, nothing changes
    assert len(set(seen)) == 4
    assert len(dataset.load().open().trials) == 1


def test_the_fingerprint_of_a_skipped_study_is_its_reason(dataset, storage):
    never = dataset.fingerprint()
    dataset.save(StudyRef(NAME, storage, skipped="left out"))
    assert "left out" in dataset.fingerprint()
    assert dataset.fingerprint() != never


# What people may read


def test_no_password_is_saved_shown_or_described(pointer, monkeypatch):
    monkeypatch.setenv(VARIABLE, URL)
    dataset = StudyDataset(
        filepath=str(pointer), storage={"filepath": "unused.db"}, credentials={"environment_variable": VARIABLE}
    )
    dataset.save(StudyRef(NAME, StudyStorage(URL)))
    ref = dataset.load()
    for text in (pointer.read_text(), dataset.preview(), str(ref.described()), repr(ref), str(dataset)):
        assert "s3cr" not in text
    assert ref.storage.url == URL  # and yet it can be opened
    assert json.loads(pointer.read_text()) == {
        "study_name": NAME,
        "storage": "postgresql+psycopg://me:***@db.example/studies",
    }
    assert json.loads(dataset.preview()) == json.loads(pointer.read_text())


def test_what_is_shown_of_a_study_never_searched_says_so(dataset):
    assert json.loads(dataset.preview())["skipped"] == NOT_SEARCHED
