"""Which signals ask for an end, and what a closed terminal and `nohup` mean."""

import os
import signal
import subprocess
import sys

import pytest

from trading_hpo.engine.stop_request import StopRequest, interrupted_by_signals

STOPS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", STOPS)
def test_the_first_signal_asks_and_the_second_interrupts(number):
    before, stop = signal.getsignal(number), StopRequest()
    with stop.signals_caught():
        os.kill(os.getpid(), number)
        assert stop.asked
        assert stop.may_wait
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


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
