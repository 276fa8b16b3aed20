"""`kedro run --pipeline analysis` as a person meets it: too early, in between, and on a disk that is full."""

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import optuna
import plotly.io as pio
import pytest
from optuna.trial import TrialState
from tests.makers.processes import wait_until
from tests.makers.projects import FINISHED_SOURCE, FINISHED_STUDY

from trading_hpo.families.registry import MODEL_TYPES

pytestmark = pytest.mark.slow

NAME = FINISHED_STUDY
ROOT = Path(f"data/test/{FINISHED_SOURCE}")
DATABASE, FIGURES = ROOT / "06_models/studies.db", ROOT / "08_reporting/figures"
ANALYSE = ["run", "--env", "test", "--pipeline", "analysis", "--params", f"source={FINISHED_SOURCE}"]
SEARCH = ["run", "--env", "test", "--pipeline", "hpo", "--namespaces", "mlp", "--params", f"source={FINISHED_SOURCE},"]


def written(project: Path) -> list[str]:
    """Files under data/, without those of the tracking."""
    files = [path.relative_to(project) for path in (project / "data").rglob("*") if path.is_file()]
    return sorted(str(path) for path in files if not any(part.startswith("mlflow") for part in path.parts))


def assert_clean_failure(done: subprocess.CompletedProcess[str], *fragments: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert "│" not in said  # rich draws tracebacks in boxes
    for fragment in fragments:
        assert fragment in said, said


def trials_drawn(project: Path) -> list[int]:
    """Numbers of the trials in the history, read as Kedro and its viewers read it."""
    figure = pio.from_json((project / FIGURES / "mlp_history.json").read_text())
    return list(figure.data[0].x) if figure.data else []


def trials_of(project: Path) -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name=NAME, storage=f"sqlite:///{project / DATABASE}").get_trials()


def facts(project: Path) -> list[tuple[object, ...]]:
    return [(trial.number, trial.state, trial.value, trial.params) for trial in trials_of(project)]


@pytest.fixture
def searched(finished) -> Path:
    """A project whose MLP was searched, and nothing was drawn."""
    shutil.rmtree(finished / ROOT / "08_reporting")
    return finished


def test_before_any_search_the_analysis_says_what_to_run_and_writes_nothing(kedro, project):
    assert_clean_failure(kedro(*ANALYSE), "There is no study to analyse yet", "--pipeline hpo` first")
    assert written(project) == []


def test_a_study_of_few_trials_is_drawn_and_a_second_run_draws_nothing_anew(kedro, searched):
    done = kedro(*ANALYSE)
    assert done.returncode == 0, done.stderr
    assert trials_drawn(searched) == [0, 1, 2]
    drawn = {path.stem: pio.from_json(path.read_text()) for path in (searched / FIGURES).iterdir()}
    of_model_types = {f"{m}_{f}" for m in MODEL_TYPES for f in ("slice", "parallel", "history")}
    assert {"convergence", "comparison", "mlp_importance", *of_model_types} <= drawn.keys()
    assert NAME in drawn["mlp_history"].layout.title.text
    assert drawn["mlp_importance"].layout.annotations[0].text.startswith("needs 4 complete trials<br><br>")
    assert drawn["lstm_history"].layout.annotations[0].text.startswith("not searched yet<br><br>")
    assert [trace.name for trace in drawn["convergence"].data] == ["mlp"]

    times = {path: path.stat().st_mtime_ns for path in (searched / ROOT / "08_reporting").rglob("*.json")}
    again = kedro(*ANALYSE)
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_a_full_disk_is_told_of_with_the_file_and_harms_nothing(kedro, searched):
    before, figure = facts(searched), searched / FIGURES / "mlp_history.json"
    figure.parent.mkdir(parents=True)
    figure.symlink_to("/dev/full")
    assert_clean_failure(kedro(*ANALYSE), "mlp_history.json", "No space left on device", "then run again")
    assert facts(searched) == before
    figure.unlink()
    done = kedro(*ANALYSE)
    assert done.returncode == 0, done.stderr
    assert trials_drawn(searched) == [0, 1, 2]
    assert facts(searched) == before


def a_file(data: Path) -> None:
    data.write_text("")


def proc(data: Path) -> None:
    data.symlink_to("/proc")  # takes no folder, not even from root


def sys(data: Path) -> None:
    data.symlink_to("/sys")


@pytest.mark.parametrize(
    ("spoil", "place", "reason"),
    [
        (a_file, f"{ROOT}/06_models/studies.db", "cannot be written"),
        (proc, "project/data/test", "No such file or directory"),
        (sys, "project/data/test", "Operation not permitted"),
    ],
)
def test_a_data_folder_that_cannot_be_written_is_told_of_with_its_place(kedro, project, spoil, place, reason):
    spoil(project / "data")
    assert_clean_failure(kedro(*SEARCH[:-1], SEARCH[-1] + "hpo.n_trials=1"), place, reason)


# While it is searched

A_SECOND_EACH = "hpo.workers=1,hpo.pruner=none,training.epochs=8,training.max_windows_per_epoch=16384,hpo.n_trials="
WITHOUT_END = 100_000


def n_complete(project: Path) -> int:
    """Complete trials, asked of the file itself."""
    if not (project / DATABASE).exists():
        return 0
    try:
        with sqlite3.connect(f"file:{project / DATABASE}?mode=ro", uri=True) as connection:
            (count,) = connection.execute("select count(*) from trials where state = 'COMPLETE'").fetchone()
    except sqlite3.OperationalError:  # the tables are not made yet
        return 0
    return count


@pytest.mark.long(part="routes")
def test_a_running_search_is_analysed_without_harm_and_later_with_all_its_trials(kedro, start_kedro, project):
    search = start_kedro(*SEARCH[:-1], f"{SEARCH[-1]}{A_SECOND_EACH}{WITHOUT_END}")
    wait_until(lambda: n_complete(project) >= 2 or search.poll() is not None, "two trials were never completed")
    assert search.poll() is None, search.communicate()[0]
    done = kedro(*ANALYSE)
    assert done.returncode == 0, done.stderr
    early = trials_drawn(project)
    assert len(early) >= 2
    so_far = n_complete(project)
    wait_until(lambda: n_complete(project) > so_far or search.poll() is not None, "the search went on no more")
    search.terminate()
    said = search.communicate(timeout=600)[0]
    assert search.returncode == 130, said

    n_trials = n_complete(project) + 1
    ended = kedro(*SEARCH[:-1], f"{SEARCH[-1]}{A_SECOND_EACH}{n_trials}")
    assert ended.returncode == 0, ended.stderr
    assert [(trial.number, trial.state) for trial in trials_of(project)] == [
        (number, TrialState.COMPLETE) for number in range(n_trials)
    ]
    summary = json.loads((project / ROOT / "07_model_output/search_summary_mlp.json").read_text())
    assert summary["trials"]["complete"] == n_trials
    again = kedro(*ANALYSE)
    assert again.returncode == 0, again.stderr
    assert trials_drawn(project) == list(range(n_trials))
    assert trials_drawn(project)[: len(early)] == early
