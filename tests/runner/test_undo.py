"""What several nodes have written is undone by the run that wrote it, also beside another run."""

import errno
import os
import shutil
import threading
import time

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import node

from trading_hpo.datasets.results import ResultsDataset
from trading_hpo.runner.stamps import Stamp
from trading_hpo.runner.undo import Undo


class Stamps:
    """Of one node, in memory."""

    def __init__(self, folder):
        self.folder, self.stamp = folder, Stamp("before", {"a": "1"})

    def known(self, node):
        return self.stamp

    def put_back(self, node, known):
        self.stamp = known


MAKE = node(lambda: {}, None, "a", name="make")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "source").mkdir()
    return tmp_path / "source"


@pytest.fixture
def undo(folder):
    return lambda: Undo(DataCatalog({"a": ResultsDataset(filepath=str(folder / "a.json"))}), Stamps(folder))


def test_a_second_run_waits_and_restores_what_the_first_has_left(folder, undo, caplog):
    file = folder / "a.json"
    file.write_text("original")
    first, second, kept = undo(), undo(), threading.Event()

    def run_second():
        second.keep(MAKE)
        kept.set()

    first.keep(MAKE)
    file.write_text("of the first run")
    waiting = threading.Thread(target=run_second)
    waiting.start()
    assert not kept.wait(0.5)
    first.restore()
    waiting.join(60)
    assert "Another run prepares data" in caplog.text
    assert file.read_text() == "original"
    file.write_text("of the second run")
    second.restore()
    assert file.read_text() == "original"
    assert [path.name for path in folder.iterdir()] == ["a.json"]


def test_what_a_finished_run_wrote_is_what_the_next_one_restores(folder, undo):
    file, first, second = folder / "a.json", undo(), undo()
    first.keep(MAKE)
    file.write_text("of the first run")
    first.forget()
    second.keep(MAKE)
    file.unlink()
    second.restore()
    assert file.read_text() == "of the first run"


def test_a_folder_that_was_there_stays(folder, undo):
    (folder / "a.json").mkdir()
    (folder / "a.json/part").touch()
    run = undo()
    run.keep(MAKE)
    run.restore()
    assert (folder / "a.json/part").exists()


def test_a_copy_is_as_new_as_it_is_and_as_open_as_its_file(folder, undo):
    file, run = folder / "a.json", undo()
    file.write_text("original")
    file.chmod(0o600)
    os.utime(file, (1_000_000_000, 1_000_000_000))
    run.keep(MAKE)
    (copy,) = folder.glob("a.json.before.*")
    assert time.time() - copy.stat().st_mtime < 60
    assert copy.stat().st_mode == file.stat().st_mode
    run.restore()


def test_a_disk_that_is_full_before_the_copy_is_whole_is_named_and_changes_nothing(folder, undo, monkeypatch):
    def half(source, target):
        target.write_text("ori")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (folder / "a.json").write_text("original")
    monkeypatch.setattr(shutil, "copy", half)
    run = undo()
    with pytest.raises(OSError, match="No space") as raised:
        run.keep(MAKE)
    run.restore()
    assert raised.value.filename.startswith(str(folder / "a.json"))
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("a.json", "original")]
