"""Real processes, killed and interrupted: nothing acknowledged is lost, no slot counts twice, none stays running."""

import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState
from tests.makers.processes import alive_in, wait_until

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
