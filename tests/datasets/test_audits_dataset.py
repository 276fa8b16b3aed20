"""Audits in one file, the last of each data set."""

import json

import pytest
from kedro.io import DatasetError

from trading_hpo.commands.cli_errors import message_of
from trading_hpo.datasets import AuditsDataset


def record(digest, n_findings=0):
    return {"panel_digest": digest, "n_findings": n_findings}


def test_the_last_audit_of_each_data_set_is_kept_and_the_latest_comes_last(tmp_path):
    audits = AuditsDataset(filepath=str(tmp_path / "audits.json"))
    assert audits.load() == {}
    for one in (record("a"), record("b"), record("a", 2)):
        audits.save(one)
    assert list(audits.load().items()) == [("b", record("b")), ("a", record("a", 2))]
    assert json.loads(audits.preview()) == audits.load()
    assert [path.name for path in tmp_path.iterdir()] == ["audits.json"]  # no lock is left


def test_a_damaged_file_is_refused_in_words(tmp_path):
    (tmp_path / "audits.json").write_text("{")
    with pytest.raises(DatasetError) as refused:
        AuditsDataset(filepath=str(tmp_path / "audits.json")).save(record("a"))
    assert "audits.json is damaged" in message_of(refused.value)
