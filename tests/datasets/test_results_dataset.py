"""Results are whole JSON files; a model type that nobody ran is no error."""

import json

import pytest
from kedro.io import DatasetError

from trading_hpo.datasets import ResultsDataset
from trading_hpo.datasets.results import write_json


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "results.json"


def test_what_was_never_saved_loads_as_skipped(path):
    dataset = ResultsDataset(filepath=str(path))
    assert not dataset.exists()
    assert dataset.load() == {"skipped": "not run yet"}
    assert not path.parent.exists()


def test_what_was_saved_loads_equal_and_reads_as_json(path):
    data = {"best": {"params": {"learning_rate": 0.1 + 0.2, "use": True}}, "curve": [1, 2.5, None], "name": "µ"}
    dataset = ResultsDataset(filepath=str(path))
    dataset.save(data)
    assert dataset.exists()
    assert dataset.load() == data
    assert json.loads(path.read_text()) == data
    assert path.read_text().endswith("}\n")


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), object()])
def test_a_save_that_fails_leaves_the_old_result(path, wrong):
    dataset = ResultsDataset(filepath=str(path))
    dataset.save({"value": 1})
    with pytest.raises(DatasetError):
        dataset.save({"value": wrong})
    assert dataset.load() == {"value": 1}


def test_saving_again_replaces_the_whole_and_leaves_no_draft(path):
    dataset = ResultsDataset(filepath=str(path))
    dataset.save({"long": "x" * 1000})
    dataset.save({"short": 1})
    assert dataset.load() == {"short": 1}
    assert [child.name for child in path.parent.iterdir()] == ["results.json"]


def test_a_crash_between_writing_and_renaming_leaves_the_old_file(path, monkeypatch):
    write_json({"value": 1}, path)
    monkeypatch.setattr("pathlib.Path.replace", _crash)
    with pytest.raises(KeyboardInterrupt):
        write_json({"value": 2}, path)
    assert json.loads(path.read_text()) == {"value": 1}


def _crash(*_: object) -> None:
    raise KeyboardInterrupt
