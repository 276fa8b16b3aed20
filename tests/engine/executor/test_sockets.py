"""No socket outlives its process for long, however that ends."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

BEGIN = """
import multiprocessing, sys
from trading_hpo.engine.executor.processes import ProcessExecutor, default_workers
executor = ProcessExecutor(default_workers, 1, 60)
worker = executor._start_worker()
print(multiprocessing.util.get_temp_dir(), flush=True)
sys.stdin.read()
worker.kill()
"""


@pytest.fixture
def temporary():
    """A folder whose path is short enough for sockets, wherever pytest keeps its own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def begin(start, temporary):
    """Start a process that starts a worker; return the process and the folder of its sockets."""

    def run(temporary: Path = temporary) -> tuple[subprocess.Popen[str], Path]:
        environment = {**os.environ, "TMPDIR": str(temporary)}
        process = start([sys.executable, "-c", BEGIN], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return process, Path(process.stdout.readline().strip())

    return run


def test_sockets_of_a_killed_process_go_with_the_next_one_and_those_of_a_live_one_stay(begin, temporary):
    killed, left = begin()
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert [path.is_socket() for path in left.iterdir()] == [True]
    os.utime(left, (0, 0))  # what is new may be of another machine's process, or of another container's
    live, own = begin()
    assert not left.exists()
    other, _ = begin()
    assert own.exists()
    for process in (live, other):
        process.communicate("")
        assert process.returncode == 0
    assert list(temporary.iterdir()) == []


RACE = """
import pathlib, shutil
from trading_hpo.engine.executor.sockets import use_own_folder
found = pathlib.Path.glob

def removed_meanwhile(folder, pattern):
    for path in found(folder, pattern):
        shutil.rmtree(path)
        yield path

pathlib.Path.glob = removed_meanwhile
use_own_folder()
"""


def test_a_folder_that_another_process_removes_at_the_same_time_is_no_error(start, temporary):
    left = temporary / f"trading-hpo-{2**30}-x"
    left.mkdir()
    process = start([sys.executable, "-c", RACE], env={**os.environ, "TMPDIR": str(temporary)})
    assert process.wait(60) == 0
    assert not left.exists()


def test_a_new_folder_stays_though_its_process_is_not_of_this_container(begin, temporary):
    theirs = temporary / f"trading-hpo-{2**30}-x"
    theirs.mkdir()
    process, _ = begin()
    assert theirs.exists()
    process.communicate("")


@pytest.mark.parametrize("length", [55, 56, 120])
def test_workers_start_wherever_temporary_files_are(begin, temporary, length):
    long = temporary / ("x" * (length - len(str(temporary)) - 1))
    long.mkdir()
    process, folder = begin(long)
    assert [path.is_socket() for path in folder.iterdir()] == [True]
    assert folder.parent == (long if length == 55 else Path("/tmp"))
    process.communicate("")
    assert process.returncode == 0
    assert not folder.exists()
