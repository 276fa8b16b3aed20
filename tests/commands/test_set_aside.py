"""A trial that a person sets aside is in no choice, and in every count."""

import json

import optuna
import pytest
from tests.makers.projects import FINISHED, FINISHED_PARAMETERS, FINISHED_SOURCE, FINISHED_STUDY

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.families.model_file import read_description
from trading_hpo.study.own_trials import set_aside_in
from trading_hpo.study.ranking import best_trial, ranked
from trading_hpo.study.reference import StudyRef

pytestmark = pytest.mark.slow
ROOT = f"data/test/{FINISHED_SOURCE}"


@pytest.fixture
def ref(finished):
    return StudyRef(FINISHED_STUDY, StudyStorage(f"sqlite:///{finished / ROOT / '06_models/studies.db'}"))


def trained_from(project):
    return read_description(project / ROOT / "06_models/mlp")["card"]["trial_number"]


@pytest.mark.long(part="routes")
def test_it_is_out_of_every_choice_the_next_run_retrains_and_it_can_be_given_back(kedro, finished, ref):
    first, second, *_ = (trial.number for trial in ranked(ref.open()))
    assert trained_from(finished) == first
    counted = (finished / "data/test/trial_ledger.jsonl").read_text()
    done = kedro("study", "set-aside", FINISHED_STUDY, str(first))
    assert done.returncode == 0, done.stderr
    assert f"The best is now trial {second}." in done.stdout
    assert f"set aside   {first}: never chosen" in kedro("study", "show", FINISHED_STUDY).stdout
    assert "complete, set aside" in kedro("study", "trials", FINISHED_STUDY).stdout
    assert f"trial {second}:" in kedro("study", "best", FINISHED_STUDY).stdout
    assert "1 set aside" in kedro("study", "list").stdout
    assert best_trial(optuna_view(ref)).number == second
    (finished / ROOT / "06_models/mlp/network.safetensors").unlink()
    refused = kedro("run", "--env", "test", "--pipeline", "retraining", "--params", FINISHED_PARAMETERS)
    assert refused.returncode == 1
    assert f"Trial {first} of {FINISHED_STUDY} was set aside" in " ".join(refused.stderr.split())
    done = kedro(*FINISHED, FINISHED_PARAMETERS)  # the remedy
    assert done.returncode == 0, done.stderr
    assert trained_from(finished) == second
    results = json.loads((finished / ROOT / "07_model_output/hpo_results_mlp.json").read_text())
    assert (results["set_aside"], results["best"]["trial_number"]) == ([first], second)
    assert (finished / "data/test/trial_ledger.jsonl").read_text() == counted
    undone = kedro("study", "set-aside", FINISHED_STUDY, str(first), "--undo")
    assert f"The best is now trial {first}." in undone.stdout
    assert set_aside_in(ref.open()) == ()


def optuna_view(ref):
    return optuna.load_study(study_name=FINISHED_STUDY, storage=ref.storage.open())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["99"], f"NUMBER must be a complete trial of {FINISHED_STUDY}, got 99. `kedro study trials"),
        (["1", "--undo"], "NUMBER must be a trial that is set aside, got 1."),
        (["-1"], "No such option"),
    ],
)
def test_a_mistake_is_a_message_and_changes_nothing(kedro, finished, ref, arguments, said):
    done = kedro("study", "set-aside", FINISHED_STUDY, *arguments)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert set_aside_in(ref.open()) == ()
