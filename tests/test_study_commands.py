"""`kedro study` as a person types it."""

import json
import subprocess
import sys

import optuna
import pandas as pd
import pytest
import yaml
from optuna.trial import TrialState
from tests.makers.projects import FINISHED_STUDY, copy_data, new_project

from trading_hpo.cli import cli
from trading_hpo.commands.study import study as group
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.study.reference import StudyRef

NAME = FINISHED_STUDY
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def searched(finished_project, tmp_path_factory):
    """A project with one study of three complete trials and a failed one."""
    project = new_project(tmp_path_factory.mktemp("projects") / "project")
    copy_data(finished_project, project)
    study = optuna.load_study(study_name=NAME, storage=url(project))
    failed = study.ask()
    failed.set_user_attr("slot", 3)
    failed.set_user_attr("reason", "the loss was not finite in epoch 2 of fold 0")
    study.tell(failed, state=TrialState.FAIL)
    return project


def url(project):
    return f"sqlite:///{project / 'data/test/us_tech_ohlcv/06_models/studies.db'}"


def ledger(project):
    return [json.loads(line) for line in (project / "data/test/trial_ledger.jsonl").read_text().splitlines()]


@pytest.fixture
def study(searched, kedro_in):
    """Run `kedro study ...` there."""

    def run(*arguments, **environment):
        return kedro_in(searched, "study", *arguments, **environment)

    return run


def test_studies_are_listed_shown_and_taken_out(study, searched, tmp_path):
    listed = study("list")
    assert listed.returncode == 0, listed.stderr
    assert NAME in listed.stdout
    shown = study("show", NAME).stdout
    assert "objective   maximize mcc" in shown
    assert "3 complete, 1 fail" in shown
    assert "4 assets" in shown
    best = optuna.load_study(study_name=NAME, storage=url(searched)).best_trial
    told = study("best", NAME).stdout
    assert f"trial {best.number}: {best.value:.4f}" in told
    assert "mean over folds" in told
    assert "the loss was not finite in epoch 2 of fold 0" in study("failed", NAME).stdout
    assert f"learning_rate={best.params['learning_rate']:.3g}" in study("trials", NAME, "--top", "1").stdout
    for ending in ("yml", "json", "csv", "parquet"):
        done = study("export", NAME, "--to", str(tmp_path / f"out.{ending}"))
        assert done.returncode == 0, done.stderr
    done = study("export", NAME, "--returns", "--to", str(tmp_path / "returns.parquet"))
    assert done.returncode == 0, done.stderr
    returns = pd.read_parquet(tmp_path / "returns.parquet")
    assert set(returns["trial"]) == {-1, 0, 1, 2}
    assert returns["timestamp"].notna().all()
    from_yaml = yaml.safe_load((tmp_path / "out.yml").read_text())
    assert from_yaml == json.loads((tmp_path / "out.json").read_text())
    assert from_yaml["best"]["params"] == best.params
    assert len(pd.read_csv(tmp_path / "out.csv")) == len(pd.read_parquet(tmp_path / "out.parquet")) == 4


def test_the_best_trial_trained_again_is_the_same_to_the_last_bit_and_a_changed_one_is_told(study, searched):
    counted = ledger(searched)
    assert len(counted) == 1 + 3
    done = study("verify", NAME)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ledger(searched) == counted
    assert "the same to the last bit" in done.stdout
    live = StudyRef(NAME, StudyStorage(url(searched))).open()
    best = live.best_trial
    # As another machine would have found it: a value that is not the mean of its folds is refused before.
    folds = [
        {**fold, "metrics": {**fold["metrics"], "mcc": fold["metrics"]["mcc"] + 0.001}}
        for fold in best.user_attrs["folds"]
    ]
    other = optuna.trial.create_trial(
        value=best.value + 0.001,
        params=best.params,
        distributions=best.distributions,
        user_attrs={**best.user_attrs, "slot": 99, "folds": folds},
    )
    optuna.create_study(study_name="odd.mlp", storage=url(searched), direction="maximize").add_trial(other)
    odd = optuna.load_study(study_name="odd.mlp", storage=url(searched))
    odd.set_user_attr("fingerprint", live.user_attrs["fingerprint"])
    done = study("verify", "odd.mlp")
    assert done.returncode == 1
    assert "The numbers differ" in done.stderr
    assert "Traceback" not in done.stderr
    optuna.delete_study(study_name="odd.mlp", storage=url(searched))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", NAME.replace("direction", "diretcion")], f"Did you mean '{NAME}'?"),
        (
            ["export", NAME, "--to", "out.pickle"],
            "--to must end in .yml, .yaml, .json, .csv, .parquet, got 'out.pickle'",
        ),
        (["export", NAME, "--returns", "--to", "out.csv"], "--to must end in .parquet with --returns, got 'out.csv'"),
        (["trials", NAME, "--top", "0"], "0 is not in the range x>=1"),
        (["nope"], "No such command 'nope'"),
    ],
)
def test_a_mistake_is_a_message(study, arguments, said):
    done = study(*arguments)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_delete_asks_and_archive_keeps(study, searched):
    refused = study("delete", NAME)  # nobody answers
    assert refused.returncode == 1
    assert "Aborted" in refused.stdout + refused.stderr
    counted = ledger(searched)
    held = optuna.load_study(study_name=NAME, storage=url(searched))
    before = [(trial.number, trial.params, trial.value, trial.user_attrs) for trial in held.trials]
    done = study("archive", NAME)
    assert done.returncode == 0, done.stderr
    kept = optuna.load_study(study_name=NAME, storage=f"sqlite:///{searched / 'data/archive' / f'{NAME}.db'}")
    assert [(trial.number, trial.params, trial.value, trial.user_attrs) for trial in kept.trials] == before
    assert NAME not in study("list").stdout
    # The name is free again: a new search of the same kind starts from nothing.
    optuna.create_study(study_name=NAME, storage=url(searched))
    again = study("archive", NAME)
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert study("delete", NAME, "--yes").returncode == 0
    assert optuna.get_all_study_names(url(searched)) == []
    assert ledger(searched) == counted
    assert not (searched / "data/trial_ledger.jsonl").exists()


def test_a_study_that_no_ledger_knows_is_counted_before_it_is_deleted(finished, kedro):
    (finished / "data/test/trial_ledger.jsonl").unlink()
    assert kedro("study", "delete", NAME, "--yes").returncode == 0
    counted = [json.loads(line) for line in (finished / "data/trial_ledger.jsonl").read_text().splitlines()]
    assert [line.get("study_name") for line in counted] == [NAME, None, None, None]


def test_without_a_study_every_command_says_what_to_do_first(kedro, kedro_process):
    assert "There is no study yet" in kedro("study", "list").stdout
    done = kedro_process("study", "best", "x")
    assert done.returncode == 1
    assert "Run `kedro run --pipeline hpo` first" in done.stderr


HELP = """
import sys
from kedro.framework.cli.cli import main
sys.argv = ["kedro", "study", "--help"]
try:
    main()
finally:
    assert not {"torch", "optuna"} & sys.modules.keys(), "what takes seconds to import"
"""


def test_the_help_of_every_command_has_an_example_and_needs_no_torch(project):
    done = subprocess.run([sys.executable, "-c", HELP], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert cli.commands["study"] is group
    names = ("list", "show", "trials", "failed", "best", "export", "archive", "delete", "verify", "dashboard")
    names += ("set-aside", "clean")
    for name in names:
        assert f"  {name}" in done.stdout
        assert f"kedro study {name}" in (group.commands[name].help or "")
