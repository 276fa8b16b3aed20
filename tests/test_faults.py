"""Real processes, killed and interrupted: nothing acknowledged is lost, no slot counts twice, none stays running."""

import fcntl
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
import termios
import threading
from contextlib import suppress
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from tests.makers.commands import environment_of_commands
from tests.makers.processes import alive_in, wait_until

from trading_hpo.commands.clean import clean
from trading_hpo.file_lock import holders

N_TRIALS = 6
A_SECOND_EACH = "training.epochs=6,training.max_windows_per_epoch=8192"
SOURCE = "us_tech_ohlcv"
NAME = f"test-{SOURCE}-direction1.mlp"
ARGUMENTS = [
    "run",
    "--env",
    "test",
    "--pipeline",
    "hpo",
    "--namespaces",
    "mlp",
    "--params",
    f"source={SOURCE},hpo.n_trials={N_TRIALS},hpo.workers=1,hpo.sampler=tpe,hpo.pruner=none,{A_SECOND_EACH}",
]

pytestmark = pytest.mark.slow


def database(project: Path) -> Path:
    return project / f"data/test/{SOURCE}/06_models/studies.db"


def count(project: Path, *states: str) -> int:
    """Trials in the states, asked of the file itself."""
    if not database(project).exists():
        return 0
    try:
        with sqlite3.connect(f"file:{database(project)}?mode=ro", uri=True) as connection:
            rows = connection.execute("select state from trials").fetchall()
    except sqlite3.OperationalError:  # the tables are not made yet
        return 0
    return sum(state in states for (state,) in rows)


def wait_for(project: Path, finished: int, running: int, process: subprocess.Popen[str]) -> None:
    def so_far() -> bool:
        assert process.poll() is None, process.communicate()[0]
        return count(project, "COMPLETE") >= finished and count(project, "RUNNING") >= running

    wait_until(so_far, "the search never came so far")


def trials(project: Path) -> list[FrozenTrial]:
    return optuna.load_study(study_name=NAME, storage=f"sqlite:///{database(project)}").get_trials()


def statuses(project: Path) -> list[str]:
    """How the pipeline runs ended, as MLflow has it."""
    with sqlite3.connect(project / "data/test/mlflow.db") as connection:
        query = (
            "select status from runs where run_uuid in (select run_uuid from tags where key = ?) order by start_time"
        )
        return [status for (status,) in connection.execute(query, ("trading_hpo.pipeline_run",))]


def lines(found: list[FrozenTrial]) -> list[tuple[object, ...]]:
    return [(t.number, t.state, t.value, t.params, t.intermediate_values, t.user_attrs["slot"]) for t in found]


@pytest.mark.long(part="faults")
def test_a_parent_killed_twice_resumes_to_the_same_study_bit_for_bit(project, kedro, start_kedro, tmp_path_factory):
    acknowledged: list[tuple[object, ...]] = []
    for finished in (1, 3):
        process = start_kedro(*ARGUMENTS)
        wait_for(project, finished, 1, process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        wait_until(lambda: not alive_in(process.pid), "workers outlived their parent")  # noqa: B023 - at once
        done = [line for line in lines(trials(project)) if line[1] == TrialState.COMPLETE]
        assert done[: len(acknowledged)] == acknowledged
        acknowledged = done
    resumed = kedro(*ARGUMENTS)
    assert resumed.returncode == 0, resumed.stderr
    assert statuses(project) == ["KILLED", "KILLED", "FINISHED"]
    ended = lines(trials(project))
    assert [line[0] for line in ended] == [line[5] for line in ended] == list(range(N_TRIALS))
    assert {line[1] for line in ended} == {TrialState.COMPLETE}
    assert ended[: len(acknowledged)] == acknowledged

    database(project).rename(tmp_path_factory.mktemp("kept") / "studies.db")
    for rest in database(project).parent.glob("studies.db*"):
        rest.unlink()
    assert kedro(*ARGUMENTS).returncode == 0
    assert lines(trials(project)) == ended


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long(part="faults"))])
def test_an_interrupted_search_stops_soon_says_so_and_goes_on(project, kedro, start_kedro, number):
    process = start_kedro(*ARGUMENTS)
    wait_for(project, 1, 1, process)
    with pytest.raises(BlockingIOError):
        clean(project)
    if sys.platform == "linux":
        assert holders(project) == [process.pid]
    os.killpg(process.pid, number) if number == signal.SIGINT else os.kill(process.pid, number)
    said = process.communicate(timeout=600)[0]
    assert process.returncode == 130, said  # soon enough to leave trials undone
    assert count(project, "COMPLETE") < N_TRIALS
    assert "Stopped." in said
    assert "Traceback" not in said
    assert count(project, "RUNNING") == 0
    assert statuses(project) == ["KILLED"]
    before = [line for line in lines(trials(project)) if line[1] == TrialState.COMPLETE]
    assert kedro(*ARGUMENTS).returncode == 0
    after = lines(trials(project))
    assert after[: len(before)] == before
    assert [line[0] for line in after] == list(range(N_TRIALS))
    assert {line[1] for line in after} == {TrialState.COMPLETE}


@pytest.mark.long(part="faults")
def test_a_search_whose_terminal_is_closed_stops_and_goes_on(project, kedro, start):
    ours, theirs = pty.openpty()
    process = start(
        [sys.executable, "-m", "kedro", *ARGUMENTS],
        cwd=project,
        env=environment_of_commands(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # as a shell in a window has it
    )
    os.close(theirs)
    closed = threading.Event()

    def read() -> None:
        with suppress(OSError):
            while not closed.is_set() and os.read(ours, 1024):
                pass

    reader = threading.Thread(target=read)
    reader.start()
    wait_until(lambda: count(project, "COMPLETE") >= 1 and count(project, "RUNNING") >= 1)
    closed.set()
    reader.join()
    os.close(ours)
    assert process.wait(timeout=600) == 130
    wait_until(lambda: not alive_in(process.pid), "workers outlived the terminal")
    assert 0 < count(project, "COMPLETE") < N_TRIALS
    assert count(project, "RUNNING") == 0
    assert statuses(project) == ["KILLED"]
    resumed = kedro(*ARGUMENTS)
    assert resumed.returncode == 0, resumed.stderr
    assert {trial.state for trial in trials(project)} == {TrialState.COMPLETE}
    assert [trial.user_attrs.get("lost") for trial in trials(project)] == [None] * N_TRIALS


@pytest.mark.long(part="faults")
def test_data_that_are_removed_while_a_search_runs_end_it_with_one_message_and_the_next_run_goes_on(
    project, kedro, start_kedro
):
    root = project / f"data/test/{SOURCE}"
    process = start_kedro(*ARGUMENTS)
    wait_for(project, 1, 1, process)
    shutil.rmtree(root / "05_model_input")
    workers = [one for one in alive_in(process.pid) if any("forkserver" in part for part in one.cmdline())]
    for server in workers:
        for worker in server.children():
            worker.kill()  # the next one needs the data
    said = process.communicate(timeout=600)[0]
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert said.count("must stay while the search runs, and is not there") == 1
    before = [line for line in lines(trials(project)) if line[1] == TrialState.COMPLETE]
    assert kedro(*ARGUMENTS).returncode == 0
    assert lines(trials(project))[: len(before)] == before
    assert {trial.state for trial in trials(project)} == {TrialState.COMPLETE}


@pytest.mark.long(part="faults")
def test_a_study_whose_folder_is_removed_while_it_is_searched_is_not_searched_in_vain(project, start_kedro):
    process = start_kedro(*ARGUMENTS)
    wait_for(project, 1, 1, process)
    shutil.rmtree(database(project).parent)
    said = process.communicate(timeout=600)[0]
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert said.count("must stay while a study in it is searched, and was removed or replaced.") == 1
