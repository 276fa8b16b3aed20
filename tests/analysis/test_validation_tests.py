"""How far the best configuration of a real small search is luck, from what the study's database keeps."""

import numpy as np
import pytest
from tests.study.conftest import search  # noqa: F401 - a fixture

from trading_hpo.analysis.kept_trials import kept_trials, tried_on
from trading_hpo.analysis.validation_tests import validation_tests
from trading_hpo.engine.store.optuna_tables import place_of
from trading_hpo.engine.store.payloads import drop_trial_payloads
from trading_hpo.engine.trial_record import BLOCK_SCORES
from trading_hpo.overfitting.best_of_many import by_blocks
from trading_hpo.study.ranking import best_trial
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.trial_ledger import enter


@pytest.fixture
def study(search):  # noqa: F811
    return StudyRef("study", search(n_trials=4)).open()


def judged(study, ledger, *others):
    chosen = {"mlp": (study.study_name, best_trial(study).number)}
    kept = kept_trials([study, *others], chosen.values())
    return validation_tests(kept, chosen, tried_on(kept.values(), ledger))["mlp"]


def test_the_best_is_tested_among_all_trials_of_the_study(study, tmp_path):
    enter(tmp_path / "ledger", study)
    found = judged(study, tmp_path / "ledger")
    for about in ("forecast", "money"):
        assert (found[about]["n_series"], found[about]["n_tried"]) == (4, 4)
        assert 0 < found[about]["single_p_value"] <= found[about]["p_value"] <= 1
    kept = [trial.user_attrs[BLOCK_SCORES] for trial in study.trials]
    assert {(one["metric"], one["folds"], len(one["excess"])) for one in kept} == {("mcc", 2, 20)}
    scores, best = np.array([one["excess"] for one in kept]), best_trial(study)
    assert found["forecast"]["p_value"] == by_blocks(scores, best.number, 4, n_folds=2).p_value
    assert found["forecast"]["excess"] == pytest.approx(scores[best.number].mean())
    assert found["forecast"]["excess"] == pytest.approx(best.value, abs=0.01)  # the constant forecast has an MCC of 0


def test_what_is_planted_is_found(study, tmp_path):
    assert judged(study, tmp_path / "none")["forecast"]["p_value"] < 0.05


def test_trials_of_the_ledger_count_also_those_of_studies_that_are_gone(study, search, tmp_path):  # noqa: F811
    ledger = tmp_path / "ledger"
    enter(ledger, study)
    before = judged(study, ledger)
    enter(ledger, StudyRef("deleted", search("deleted", n_trials=3, file="other.db", seed=1)).open())
    after = judged(study, ledger)
    assert [own["forecast"]["n_tried"] for own in (before, after)] == [4, 7]
    assert after["forecast"]["n_series"] == 4
    assert after["forecast"]["p_value"] >= before["forecast"]["p_value"]


def test_studies_on_the_same_folds_are_compared_together(study, search, tmp_path):  # noqa: F811
    other = StudyRef("other", search("other", n_trials=3, file="other.db", seed=1)).open()
    assert judged(study, tmp_path / "none", other)["forecast"]["n_series"] == 7


def test_a_trial_whose_returns_are_gone_is_counted_and_one_that_was_chosen_cannot_be_tested(study, tmp_path):
    best = best_trial(study).number
    drop_trial_payloads(*place_of(study), {(best + 1) % 4})
    found = judged(study, tmp_path / "none")["money"]
    assert (found["n_series"], found["n_tried"]) == (3, 3)
    drop_trial_payloads(*place_of(study), {best})
    assert judged(study, tmp_path / "none")["money"] == {"why": "its returns are not kept"}


def test_a_study_of_another_project_has_none():
    assert validation_tests({}, {"mlp": ("elsewhere", 0)}, {}) == {}
