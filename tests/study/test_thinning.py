"""Which trials of a large study keep their series."""

import random

import pytest
from optuna.trial import TrialState
from tests.makers.studies import trial_of

from trading_hpo.engine.store.optuna_tables import Change, insert_once, place_of, write_change
from trading_hpo.engine.store.payloads import trial_payloads
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.trial_record import MOMENTS, SLOT, VIOLATIONS
from trading_hpo.study import thinning
from trading_hpo.study.objectives import ObjectiveConfig
from trading_hpo.study.opening import open_study
from trading_hpo.study.thinning import thin


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for name, number in {"MANY": 20, "BEST": 4, "SAMPLE": 6}.items():
        monkeypatch.setattr(thinning, name, number)


@pytest.fixture
def study(tmp_path):
    return open_study(StudyStorage(f"sqlite:///{tmp_path / 's.db'}"), "study", (ObjectiveConfig(),), {"seed": 1})[0]


def add(study, slots, **attrs):
    """Trials as a search leaves them, worth their slot."""
    engine, study_id = place_of(study)
    for slot in slots:
        template = trial_of(state=TrialState.RUNNING, **{SLOT: slot})
        trial_id = insert_once(engine, study_id, template, SLOT, -1)
        pruned = slot % 3 == 0
        state = TrialState.PRUNED if pruned else TrialState.COMPLETE
        change = Change(state, [float(slot)], {MOMENTS: {"count": 1}, **attrs}, payload={"0": b"series"})
        write_change(engine, trial_id, change)


def kept(study):
    """Slots of the trials that have a series."""
    numbers = {number for number, *_ in trial_payloads(*place_of(study))}
    return {trial.user_attrs[SLOT] for trial in study.get_trials(deepcopy=False) if trial.number in numbers}


def test_as_many_as_there_may_be_all_stay(study):
    add(study, range(20))
    thin(*place_of(study), "maximize", 1)
    assert kept(study) == set(range(20))


@pytest.mark.parametrize(("direction", "best"), [("maximize", {46, 47, 49, 44}), ("minimize", {1, 2, 4, 5})])
def test_above_the_best_complete_ones_stay_and_a_sample(study, direction, best):
    add(study, range(50))
    thin(*place_of(study), direction, 1)
    left = kept(study)
    assert best <= left
    assert 6 <= len(left) <= 4 + 6
    assert len(study.get_trials(deepcopy=False)) == 50  # with their moments
    assert all(MOMENTS in trial.user_attrs for trial in study.get_trials(deepcopy=False))


def test_the_sample_is_the_seeds(study, tmp_path):
    add(study, range(50))
    other = open_study(StudyStorage(f"sqlite:///{tmp_path / 'o.db'}"), "study", (ObjectiveConfig(),), {"seed": 2})[0]
    add(other, range(50))
    thin(*place_of(study), "maximize", 1)
    thin(*place_of(other), "maximize", 2)
    assert kept(study) != kept(other)


def test_what_stays_does_not_depend_on_how_often_it_was_thinned_or_in_which_order_trials_ended(study, tmp_path):
    slots = list(range(80))
    random.Random(0).shuffle(slots)
    for first in range(0, 80, 16):
        add(study, slots[first : first + 16])
        thin(*place_of(study), "maximize", 1)
    at_once = open_study(StudyStorage(f"sqlite:///{tmp_path / 'o.db'}"), "study", (ObjectiveConfig(),), {"seed": 1})[0]
    add(at_once, range(80))
    thin(*place_of(at_once), "maximize", 1)
    assert kept(study) == kept(at_once)


def test_a_trial_that_breaks_a_constraint_is_no_best_one(study):
    add(study, [101, 103, 104, 106], **{VIOLATIONS: {"bound": 0.5}})
    add(study, range(40))
    thin(*place_of(study), "maximize", 1)
    assert {38, 37, 35, 34} <= kept(study)
