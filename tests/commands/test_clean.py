"""What old trials have left goes when it is asked to, and what later stages need stays."""

import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType
from tests.makers.projects import FINISHED, FINISHED_PARAMETERS, FINISHED_SOURCE, FINISHED_STUDY

from trading_hpo.engine.store.optuna_tables import place_of
from trading_hpo.engine.store.payloads import payload_sizes
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.study.ranking import ranked
from trading_hpo.study.reference import StudyRef
from trading_hpo.tracking.trials import TRIAL

pytestmark = pytest.mark.slow
ROOT = f"data/test/{FINISHED_SOURCE}"


@pytest.fixture
def study(finished):
    for slot in range(3):
        folder = finished / ROOT / f"08_reporting/tensorboard/{FINISHED_STUDY}/{slot:05}"
        folder.mkdir(parents=True)
        (folder / "events").write_bytes(b"x" * 100)
    return StudyRef(FINISHED_STUDY, StudyStorage(f"sqlite:///{finished / ROOT / '06_models/studies.db'}")).open()


def left(project, study):
    """Trials that have a series, slots with a folder, trials with a run."""
    client = MlflowClient(f"sqlite:///{project / 'data/test/mlflow.db'}")
    experiments = [one.experiment_id for one in client.search_experiments()]
    runs = client.search_runs(experiments, run_view_type=ViewType.ACTIVE_ONLY)
    return (
        {number for number, *_ in payload_sizes(*place_of(study))},
        {int(path.name) for path in (project / ROOT / "08_reporting/tensorboard" / FINISHED_STUDY).glob("*")},
        {int(run.data.tags[TRIAL]) for run in runs if TRIAL in run.data.tags},
    )


@pytest.mark.long(part="routes")
def test_all_but_the_best_lose_what_they_left_and_it_is_said_how_much(kedro, finished, study):
    best = ranked(study)[0].number
    all_three = ({0, 1, 2},) * 3
    assert left(finished, study) == all_three
    said = kedro("study", "clean", FINISHED_STUDY, "--keep", "1", "--dry-run").stdout
    assert "left by 2 trials; 1 others keep all" in said
    assert "0 series" in said
    assert "2 folders, 200 bytes" in said
    assert "2 runs" in said
    assert left(finished, study) == all_three
    unasked = kedro("study", "clean", FINISHED_STUDY, "--keep", "1")  # nobody answers
    assert unasked.returncode == 1
    assert left(finished, study) == all_three
    done = kedro("study", "clean", FINISHED_STUDY, "--keep", "1", "--yes")
    assert done.returncode == 0, done.stderr
    assert left(finished, study) == ({0, 1, 2}, {best}, {best})  # the sample that keeps its series is all of so few
    assert len(study.trials) == 3
    again = kedro("study", "clean", FINISHED_STUDY, "--keep", "1", "--yes").stdout
    assert "0 series" in again
    assert "0 folders" in again
    assert "0 runs" in again
    assert kedro("study", "verify", FINISHED_STUDY).returncode == 0
    assert kedro(*FINISHED, FINISHED_PARAMETERS).returncode == 0
    assert left(finished, study) == ({0, 1, 2}, {best}, {best})  # nothing is tracked again


def test_the_trial_that_a_network_was_trained_from_stays(kedro, finished, study):
    best = ranked(study)[0].number
    assert kedro("study", "set-aside", FINISHED_STUDY, str(best)).returncode == 0
    assert kedro("study", "clean", FINISHED_STUDY, "--keep", "1", "--yes").returncode == 0
    assert best in left(finished, study)[0]


def test_a_study_that_is_being_searched_is_left_alone(kedro, finished, study):
    storage = StudyStorage(f"sqlite:///{finished / ROOT / '06_models/studies.db'}")
    with storage.exclusive(FINISHED_STUDY):
        done = kedro("study", "clean", FINISHED_STUDY, "--keep", "1", "--yes")
    assert done.returncode == 1
    assert "is being searched" in done.stderr
    assert left(finished, study)[0] == {0, 1, 2}
