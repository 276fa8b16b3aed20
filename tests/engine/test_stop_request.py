"""Which signals ask for an end, and what a closed terminal and `nohup` mean."""

import os
import pty
import shlex
import signal
import subprocess
import sys

import pytest
from tests.makers.processes import wait_until

from trading_hpo.engine.stop_request import StopRequest, interrupted_by_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_interrupts(number):
    before, stop = signal.getsignal(number), StopRequest()
    with stop.signals_caught():
        os.kill(os.getpid(), number)
        assert stop.asked
        assert stop.may_wait
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_ctrl_c_after_a_closed_terminal_interrupts():
    stop = StopRequest()
    with stop.signals_caught():
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGHUP)  # of the same terminal
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


HANGS_UP = """
import pathlib, sys, time
from trading_hpo.engine.stop_request import StopRequest
said = pathlib.Path(sys.argv[1])
stop = StopRequest()
try:
    with stop.signals_caught():
        said.write_text("begun")
        while not stop.asked:
            time.sleep(0.01)
        time.sleep(2)
    said.write_text("came to its end")
except KeyboardInterrupt:
    said.write_text("interrupted")
"""


def test_a_closed_terminal_is_one_request_though_the_shell_passes_it_on(tmp_path):
    said, script = tmp_path / "said", tmp_path / "hangs_up.py"
    script.write_text(HANGS_UP)
    shell, terminal = pty.fork()
    if shell == 0:
        os.execvp("bash", ["bash", "--norc", "-i"])  # it sends its jobs a SIGHUP of its own
    os.write(terminal, f"{shlex.join([sys.executable, str(script), str(said)])}\n".encode())
    wait_until(lambda: said.exists() and said.read_text() == "begun", timeout_s=60)
    os.close(terminal)
    os.waitpid(shell, 0)
    wait_until(lambda: said.read_text() != "begun", timeout_s=60)
    assert said.read_text() == "came to its end"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_outside_of_a_search_a_signal_does_what_ctrl_c_does(number):
    with interrupted_by_signals(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


SURVIVES = """
import os, signal
from trading_hpo.engine.stop_request import StopRequest
stop = StopRequest()
with stop.signals_caught():
    os.kill(os.getpid(), signal.SIGHUP)
    print(stop.asked)
"""


def test_a_search_under_nohup_outlives_its_terminal(tmp_path):
    done = subprocess.run(
        ["nohup", sys.executable, "-c", SURVIVES], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
