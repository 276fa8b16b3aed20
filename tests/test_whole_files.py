"""Files are there whole or not at all, and what a killed process has left of them goes."""

import errno
import os
import subprocess
import sys
import time

import pytest

from trading_hpo.file_lock import locked
from trading_hpo.whole_files import remove_leftovers, written_whole


def dead_process() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_a_failure_leaves_the_old_file_and_no_draft_and_is_named(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("old")

    def write() -> None:
        with written_whole(path) as draft:
            draft.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space") as raised:
        write()
    assert raised.value.filename == str(path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.json", "old")]


def test_what_dead_processes_have_left_goes_and_what_is_in_use_stays(tmp_path):
    dead, long_ago = dead_process(), time.time() - 3600
    left = [f"a.json.{dead}.part", f"deep/b.parquet.before.{dead}", "studies.db.name.lock"]
    stay = [f"a.json.{os.getpid()}.part", f"b.parquet.before.{os.getpid()}", "a.json", "a.part", "holdout.jsonl"]
    stay += ["uv.lock", "prices.20190101120000.part"]  # a user's
    for name in (*left, *stay):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
        os.utime(path, (long_ago, long_ago))
    (tmp_path / f"new.json.{dead}.part").touch()  # maybe of another machine, with processes of its own
    with locked(tmp_path / "studies.db.held.lock"):
        remove_leftovers(tmp_path)
        there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {*stay, f"new.json.{dead}.part", "studies.db.held.lock"}
