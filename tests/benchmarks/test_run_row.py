"""A run's own processor time: that of its workers is left out."""

import subprocess

import pytest
from benchmarks.run import _own_s

BUSY = "for _ in range(30_000_000): pass"


def test_what_children_do_is_not_counted(tmp_path):
    own = _own_s(BUSY, tmp_path)
    in_a_child = _own_s(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY!r}])", tmp_path)
    assert in_a_child < own / 2


def test_a_run_that_fails_is_no_measurement(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        _own_s("raise SystemExit(1)", tmp_path)
