"""Real processes, killed and interrupted: nothing acknowledged is lost, no slot counts twice, none stays running."""

import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

N_TRIALS = 6
NAME = "test-sp500_20-direction1.mlp"
ARGUMENTS = [
    "run",
    "--env",
    "test",
    "--pipeline",
    "hpo",
    "--namespaces",
    "mlp",
    "--params",
    f"hpo.n_trials={N_TRIALS},hpo.workers=1,hpo.sampler=tpe,hpo.pruner=none",
]

pytestmark = pytest.mark.slow


def database(project: Path) -> Path:
    return project / "data/test/sp500_20/06_models/studies.db"


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


def wait_for(
    project: Path, finished: int, running: int, process: subprocess.Popen[str], timeout_s: float = 150
) -> None:
    give_up = time.monotonic() + timeout_s
    while count(project, "COMPLETE") < finished or count(project, "RUNNING") < running:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < give_up, "the search never came so far"
        time.sleep(0.02)


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


def children_of(pid: int) -> list[int]:
    """Every process of the session that was started with ``pid`` as its leader."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == pid and int(folder.name) != pid and fields[0] != "Z":
                found.append(int(folder.name))
    return found


def test_a_parent_killed_twice_resumes_to_the_same_study_bit_for_bit(project, kedro, start_kedro, tmp_path_factory):
    acknowledged: list[tuple[object, ...]] = []
    for finished in (1, 3):
        process = start_kedro(*ARGUMENTS)
        wait_for(project, finished, 1, process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        give_up = time.monotonic() + 20
        while children_of(process.pid):
            assert time.monotonic() < give_up, "workers outlived their parent"
            time.sleep(0.1)
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_search_stops_soon_says_so_and_goes_on(project, kedro, start_kedro, number):
    process = start_kedro(*ARGUMENTS)
    wait_for(project, 1, 1, process)
    asked = time.monotonic()
    os.killpg(process.pid, number) if number == signal.SIGINT else os.kill(process.pid, number)
    said = process.communicate(timeout=60)[0]
    assert time.monotonic() - asked < 15
    assert process.returncode == 130, said
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
