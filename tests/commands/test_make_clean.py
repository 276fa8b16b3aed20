"""`make clean` beside runs: what is held stays, and who holds it is said."""

import os
import sys

import pytest

from trading_hpo.commands.clean import clean, main
from trading_hpo.file_lock import holders, locked_folder


def test_data_that_a_notebook_prepares_stay_and_its_process_is_named(tmp_path, monkeypatch, capsys):
    bars = tmp_path / "data/base/sp500_20/bars.parquet"
    bars.parent.mkdir(parents=True)
    bars.touch()
    monkeypatch.chdir(tmp_path)
    with locked_folder(tmp_path / "data/base"):  # as a run of a session without our command holds it
        with pytest.raises(BlockingIOError):
            clean(tmp_path)
        assert main() == 1
    assert bars.exists()
    if sys.platform == "linux":
        assert f"process {os.getpid()}" in capsys.readouterr().out
    assert main() == 0
    assert not bars.exists()


def test_a_lock_that_has_gone_meanwhile_has_no_holder(tmp_path):
    assert holders(tmp_path / "gone.lock") == []
