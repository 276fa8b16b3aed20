"""The tests of validation as a node: model types that were searched, also in phases, are judged among all trials."""

import json

import pytest
from sqlalchemy import update
from tests.study.conftest import phased, search  # noqa: F401 - fixtures

from trading_hpo.datasets.results import ResultsDataset
from trading_hpo.engine.store.optuna_tables import VALUES, place_of
from trading_hpo.errors import DamagedStudyError
from trading_hpo.pipelines.analysis.nodes import draw_overfitting
from trading_hpo.pipelines.analysis.validation_nodes import judge_validation
from trading_hpo.study.ranking import best_trial
from trading_hpo.study.reference import NOT_SEARCHED, StudyRef
from trading_hpo.study.trial_ledger import enter


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "ledger"


def skipped(storage):
    return StudyRef("", storage, skipped=NOT_SEARCHED)


def test_what_was_searched_is_judged_and_what_was_not_is_left_out(search, ledger, tmp_path):  # noqa: F811
    storage = search("a.mlp", n_trials=4)
    ref = StudyRef("a.mlp", storage)
    enter(ledger, ref.open())
    refs = {"mlp": ref, "lstm": skipped(storage), "linear": StudyRef("a.linear", storage)}
    tests, selection = judge_validation(refs, ledger, {})
    assert list(tests) == list(selection) == ["mlp"]
    best = best_trial(ref.open()).number
    for found in (tests["mlp"], selection["mlp"]):
        assert (found["study_name"], found["trial_number"]) == ("a.mlp", best)
    own = selection["mlp"]["own"]["active"]
    assert own["deflated"]["n_trials"] == tests["mlp"]["money"]["n_tried"] == 4
    assert 0 < own["deflated"]["probability"] <= own["probabilistic"]
    assert selection["mlp"]["forecast"]["constant"]["p_value"] < 0.05  # what is planted
    assert "there are 4" in selection["mlp"]["overfitting"]["why"]
    dataset = ResultsDataset(filepath=str(tmp_path / "selection.json"))
    dataset.save(selection)
    assert dataset.load() == json.loads(json.dumps(selection))
    assert draw_overfitting(selection).layout.annotations


def test_phases_are_judged_together(phased, ledger):  # noqa: F811
    ref = phased("a.mlp", trained=True, phases=[{"name": one, "n_trials": 2} for one in ("explore", "refine")])
    tests, selection = judge_validation({"mlp": ref}, ledger, {})
    assert tests["mlp"]["study_name"] == "a.refine.mlp"
    assert tests["mlp"]["money"]["n_series"] == selection["mlp"]["reality_check"]["n_series"] == 4


def test_before_any_search_there_is_nothing(search, ledger):  # noqa: F811
    storage = search("other.mlp", n_trials=1)
    assert judge_validation({"mlp": StudyRef("a.mlp", storage), "lstm": skipped(storage)}, ledger, {}) == ({}, {})


def test_trials_that_were_altered_are_refused(search, ledger):  # noqa: F811
    ref = StudyRef("a.mlp", search("a.mlp", n_trials=2))
    engine, _ = place_of(ref.open())
    with engine.begin() as connection:
        connection.execute(update(VALUES).values(value=VALUES.c.value + 0.5))
    with pytest.raises(DamagedStudyError, match="the mean of its folds"):
        judge_validation({"mlp": StudyRef("a.mlp", ref.storage)}, ledger, {})
