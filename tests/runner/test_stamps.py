"""What is known of a node survives other runs that write at the same time, and damage is not believed."""

import subprocess
import sys

import pytest

from trading_hpo.runner.stamps import Stamp, read_stamps, write_stamp

MANY = """
import sys
from pathlib import Path

from trading_hpo.runner.stamps import Stamp, write_stamp

path, name = Path(sys.argv[1]), sys.argv[2]
for number in range(40):
    write_stamp(path, f"{name}.{number}", Stamp(None, {"a": name}))
"""


def test_a_stamp_is_read_as_it_was_written(tmp_path):
    path, stamp = tmp_path / "deep" / "stamps.json", Stamp("what it depended on", {"a": "1", "b": "2"})
    assert read_stamps(path) == {}
    write_stamp(path, "one", stamp)
    write_stamp(path, "two", Stamp(None, {}))
    assert read_stamps(path) == {"one": stamp, "two": Stamp(None, {})}
    write_stamp(path, "one", None)
    assert read_stamps(path) == {"two": Stamp(None, {})}
    write_stamp(path, "two", None)
    assert not path.exists()


def test_what_has_not_changed_is_not_written_again(tmp_path):
    path = tmp_path / "stamps.json"
    write_stamp(path, "one", Stamp(None, {"a": "1"}))
    before = path.stat().st_mtime_ns
    write_stamp(path, "one", Stamp(None, {"a": "1"}))
    assert path.stat().st_mtime_ns == before


def test_runs_at_the_same_time_lose_no_stamps_of_each_other(tmp_path):
    path = tmp_path / "stamps.json"
    runs = [subprocess.Popen([sys.executable, "-c", MANY, str(path), name]) for name in ("hpo", "analysis")]
    assert [run.wait() for run in runs] == [0, 0]
    assert read_stamps(path).keys() == {f"{name}.{number}" for name in ("hpo", "analysis") for number in range(40)}


@pytest.mark.parametrize(
    "damage", ["", "{garb", "[1]", "\x00", '{"one": 1}', '{"one": {"saved": []}}', '{"one": ["stamp", "outputs"]}']
)
def test_a_damaged_file_says_nothing_and_can_be_written_to(tmp_path, damage):
    path = tmp_path / "stamps.json"
    path.write_text(damage)
    assert read_stamps(path) == {}
    write_stamp(path, "two", Stamp(None, {}))
    assert read_stamps(path) == {"two": Stamp(None, {})}
