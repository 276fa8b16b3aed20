"""What commands say of a study that was altered in its database."""

import sqlite3
from pathlib import Path

import pytest
from tests.makers.projects import FINISHED_SOURCE, FINISHED_STUDY

pytestmark = pytest.mark.slow

ROOT = Path(f"data/test/{FINISHED_SOURCE}")
RUN = ("run", "--env", "test", "--params", f"source={FINISHED_SOURCE},hpo.n_trials=3,hpo.workers=1", "--pipeline")
OF_THE_STUDY = "from trials natural join studies where number = 1 and study_name = ?"


def alter(project: Path, command: str) -> None:
    connection = sqlite3.connect(project / ROOT / "06_models/studies.db")
    with connection:
        assert connection.execute(f"{command} (select trial_id {OF_THE_STUDY})", [FINISHED_STUDY]).rowcount == 1
    connection.close()


def assert_refused(done, said: str) -> None:
    shown = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1, shown
    assert "Traceback" not in shown
    for part in (f"Study {FINISHED_STUDY} must hold what was written to it", said, "kedro study delete"):
        assert part in shown, shown


def test_a_value_that_is_not_the_mean_of_its_folds_is_in_no_result(kedro, finished, tmp_path):
    results = finished / ROOT / "07_model_output/hpo_results_mlp.json"
    before = results.read_bytes()
    alter(finished, "update trial_values set value = 0.9 where trial_id =")
    for command in ("show", "verify"):
        assert_refused(kedro("study", command, FINISHED_STUDY), "trial 1: mcc must be")
    assert_refused(kedro("study", "export", FINISHED_STUDY, "--to", str(tmp_path / "best.yml")), "trial 1: mcc must be")
    assert not (tmp_path / "best.yml").exists()
    for stage in ("hpo", "analysis"):
        assert_refused(kedro(*RUN, stage), "trial 1: mcc must be")
    assert results.read_bytes() == before


def test_an_attribute_that_cannot_be_read_is_named_and_the_study_can_be_deleted(kedro, finished):
    alter(finished, "update trial_records set value_json = '[{\"fold' where key = 'folds' and trial_id =")
    for command in ("show", "failed"):
        assert_refused(kedro("study", command, FINISHED_STUDY), "trial 1 cannot be read")
    for stage in ("hpo", "analysis"):
        assert_refused(kedro(*RUN, stage), "trial 1 cannot be read")
    listed = kedro("study", "list")
    assert listed.returncode == 0, listed.stderr
    assert "trial 1 cannot be read" in listed.stderr
    deleted = kedro("study", "delete", FINISHED_STUDY, "--yes")
    assert deleted.returncode == 0, deleted.stderr
    assert "3 trials" in deleted.stdout
