"""Studies of others in the same database may have any name: every command works on them, and shows what they are."""

import csv
import io
import re
import shlex

import optuna
import pytest
from optuna.trial import TrialState
from tests.makers.projects import new_project

pytestmark = pytest.mark.slow

NAME = "../../../x[red]\n\x1b[31m'; touch injected #"
SHOWN = r"../../../x[red]\n\x1b[31m'; touch injected #"
METRIC, PARAMETER = "[bold]=m\x1b[0m", "=1+1[/]"
ESCAPES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = new_project(tmp_path_factory.mktemp("around") / "project")
    database = folder / "data/test/us_tech_ohlcv/06_models/studies.db"
    database.parent.mkdir(parents=True)
    study = optuna.create_study(study_name=NAME, storage=f"sqlite:///{database}")
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        study.set_metric_names([METRIC])
    trial = study.ask()
    trial.suggest_categorical(PARAMETER, ["=cmd|' /C calc'!A0", "\x1b]0;title\x07"])
    trial.set_user_attr("metrics", {METRIC: 1.0})
    study.tell(trial, 1.0)
    failed = study.ask()
    failed.set_user_attr("reason", "-2+3\rmore\x1b[2J")
    study.tell(failed, state=TrialState.FAIL)
    return folder


@pytest.fixture
def study(project, kedro_in):
    def run(*arguments):
        done = kedro_in(project, "study", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not ESCAPES.search(done.stdout + done.stderr)
        return done.stdout

    return run


def test_every_command_shows_the_name_as_it_is_and_takes_what_it_shows(study, project, tmp_path):
    def around():
        return {path for path in project.parent.rglob("*") if "data" not in path.parts}

    before = around()
    assert SHOWN in study("list")
    assert study("show", SHOWN).splitlines()[0] == SHOWN
    assert PARAMETER in study("trials", SHOWN)
    assert PARAMETER in study("best", NAME)
    assert study("failed", SHOWN) == "trial 1: -2+3\\rmore\\x1b[2J\n"
    study("export", SHOWN, "--to", str(tmp_path / "out.csv"))
    cells = [cell for row in csv.reader(io.StringIO((tmp_path / "out.csv").read_text(), newline="")) for cell in row]
    assert "'-2+3\\rmore\\x1b[2J" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    archived = study("archive", SHOWN)
    assert [path.name for path in (project / "data/archive").iterdir()] == [
        re.search(r"archive/(\S+\.db)", archived).group(1)
    ]
    assert around() == before


def test_a_command_that_a_message_proposes_is_one_command(kedro_in, project):
    database = project / "data/test/us_tech_ohlcv/06_models/studies.db"
    broken = optuna.create_study(study_name=NAME, storage=f"sqlite:///{database}", load_if_exists=True)
    broken.set_user_attr("fingerprint", [1])
    broken.add_trial(optuna.trial.create_trial(value=1.0))
    said = kedro_in(project, "study", "show", SHOWN).stderr
    command = re.search(r"run `kedro (study delete .*)` and", said).group(1)
    done = kedro_in(project, *shlex.split(command), "--yes")
    assert done.returncode == 0, done.stderr
    assert "There is no study yet" in kedro_in(project, "study", "list").stdout
