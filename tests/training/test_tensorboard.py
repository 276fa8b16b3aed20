import logging
import subprocess
import sys

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from trading_hpo.training.tensorboard import scalars_in


def read(folder):
    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_numbers_come_back_by_step_and_those_that_do_not_exist_are_left_out(tmp_path):
    with scalars_in(tmp_path / "trial", {"rate": 0.1}) as scalars:
        scalars.write(1, {"loss/train": 0.5, "validation/sharpe": None})
        scalars.write(2, {"loss/train": 0.25, "validation/sharpe": 1.0})
    assert read(tmp_path / "trial") == {"loss/train": [(1, 0.5), (2, 0.25)], "validation/sharpe": [(2, 1.0)]}


def test_a_trial_that_runs_again_begins_anew(tmp_path):
    for value in (1.0, 2.0):
        with scalars_in(tmp_path, {}) as scalars:
            scalars.write(1, {"loss": value})
    assert read(tmp_path) == {"loss": [(1, 2.0)]}


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with scalars_in(None, {}) as scalars:
        assert scalars is None
    assert not list(tmp_path.iterdir())


def test_a_full_disk_ends_the_writing_and_not_the_trial(tmp_path, monkeypatch, caplog):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("torch.utils.tensorboard.writer.SummaryWriter.add_scalar", full)
    with caplog.at_level(logging.WARNING), scalars_in(tmp_path, {}) as scalars:
        for step in range(3):
            scalars.write(step, {"loss": 1.0})
    assert caplog.text.count("No space left on device") == 1


def test_a_folder_that_cannot_be_made_costs_a_warning(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING), scalars_in(tmp_path / "file" / "trial", {}) as scalars:
        scalars.write(1, {"loss": 1.0})
    assert caplog.text.count("cannot be written") == 1


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from trading_hpo.training.tensorboard import scalars_in
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit fails, as on a full disk
with scalars_in(Path(sys.argv[1]), {}) as scalars:
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
    for step in range(2000):
        scalars.write(step, {"loss": 1.0})
print("the trial goes on")
"""


@pytest.mark.slow
def test_a_disk_that_is_really_full_does_not_end_the_process(tmp_path):
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "t")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "the trial goes on\n", done.stderr


@pytest.fixture(autouse=True)
def _heard(monkeypatch):
    monkeypatch.setattr(logging.getLogger("trading_hpo"), "propagate", True)
