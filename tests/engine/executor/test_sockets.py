"""No socket outlives its process for long, however that ends."""

import os
import signal
import subprocess
import sys
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
def begin(start, tmp_path):
    """Start a process that starts a worker; return the process and the folder of its sockets."""

    def run() -> tuple[subprocess.Popen[str], Path]:
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        process = start([sys.executable, "-c", BEGIN], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return process, Path(process.stdout.readline().strip())

    return run


def test_sockets_of_a_killed_process_go_with_the_next_one_and_those_of_a_live_one_stay(begin, tmp_path):
    killed, left = begin()
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert [path.is_socket() for path in left.iterdir()] == [True]
    live, own = begin()
    assert not left.exists()
    other, _ = begin()
    assert own.exists()
    for process in (live, other):
        process.communicate("")
        assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []
