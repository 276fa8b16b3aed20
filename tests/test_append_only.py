"""Files that are only appended to lose no entry and block nobody, whatever their writers died of."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.makers.processes import wait_until

from trading_hpo.append_only import opened
from trading_hpo.errors import DamagedFileError

ENTRIES = [{"key": "a", "n": 1}, {"key": "ü", "n": [1.5, None]}, {"key": "c", "of": {"more": "x" * 40}}]
WHOLE = b"".join(json.dumps(entry).encode() + b"\n" for entry in ENTRIES)


def read(path: Path) -> list[dict]:
    with opened(path) as entries:
        return list(entries.known)


@settings(deadline=None, max_examples=200)
@given(cut=st.integers(0, len(WHOLE)))
def test_cut_anywhere_it_keeps_every_whole_line_and_takes_more(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "ledger.jsonl"
    path.write_bytes(WHOLE[:cut])
    n_whole = sum(len(part) <= cut for part in (WHOLE[: WHOLE.index(b"\n", start)] for start in _starts()))
    with opened(path) as entries:
        assert entries.known == ENTRIES[:n_whole]
        entries.append({"key": "later"})
    assert read(path) == [*ENTRIES[:n_whole], {"key": "later"}]
    assert [json.loads(line) for line in path.read_bytes().splitlines()] == read(path)


def _starts() -> list[int]:
    return [0, *(place + 1 for place, byte in enumerate(WHOLE[:-1]) if byte == ord("\n"))]


def test_half_a_line_is_said_once_with_the_file(tmp_path, caplog):
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(WHOLE[:-9])
    with caplog.at_level(logging.WARNING):
        assert read(path) == ENTRIES[:2]
        assert read(path) == ENTRIES[:2]
    (record,) = caplog.records
    assert str(path) in record.message
    assert "bytes): a process died before it was acknowledged" in record.message


@pytest.mark.parametrize("line", ["half", "[1]", "7", '{"key": ', "\x00\x00"])
def test_a_damaged_line_within_is_refused_with_file_and_line_and_nothing_is_written(tmp_path, line):
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'{"key": "a"}\n' + line.encode() + b'\n{"key": "b"}\n')
    before = path.read_bytes()
    with pytest.raises(DamagedFileError, match=rf"Line 2 of {path} must be a JSON object"):
        read(path)
    assert path.read_bytes() == before


def test_what_is_not_finite_is_not_written(tmp_path):
    with opened(tmp_path / "ledger.jsonl") as entries, pytest.raises(ValueError, match="not JSON compliant"):
        entries.append({"value": float("nan")})
    assert read(tmp_path / "ledger.jsonl") == []


APPENDS = """
import sys
from pathlib import Path
from trading_hpo.append_only import opened
number = 0
while True:
    with opened(Path(sys.argv[1])) as entries:
        entries.append({"by": sys.argv[2], "n": number, "filling": "x" * 200})
    print(number, flush=True)
    number += 1
"""


@pytest.mark.slow
def test_two_processes_that_are_killed_lose_nothing_that_was_acknowledged(tmp_path):
    path = tmp_path / "ledger.jsonl"
    said = [tmp_path / "one", tmp_path / "two"]
    for round_number in range(3):
        processes = []
        for own in said:
            with own.open("ab") as out:
                command = [sys.executable, "-c", APPENDS, str(path), f"{own.name}{round_number}"]
                processes.append(subprocess.Popen(command, stdout=out))
        ready = len(said) * 20 * (round_number + 1)
        wait_until(lambda ready=ready: sum(own.read_bytes().count(b"\n") for own in said) > ready)
        for process in processes:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    acknowledged = sum(own.read_bytes().count(b"\n") for own in said)
    known = read(path)
    assert len(known) >= acknowledged
    for who in {entry["by"] for entry in known}:
        assert [entry["n"] for entry in known if entry["by"] == who] == list(range(sum(e["by"] == who for e in known)))
