"""What old trials have left: which of it goes, by the numbers and names of the study alone."""

import pytest
from optuna.trial import TrialState
from tests.makers.studies import trial_of

from trading_hpo.engine.store.optuna_tables import Change, insert_once, place_of, write_change
from trading_hpo.engine.store.payloads import trial_payloads
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.trial_record import COST, MOMENTS, SLOT
from trading_hpo.escaping import file_name
from trading_hpo.study import thinning
from trading_hpo.study.cleaning import leftovers, remove
from trading_hpo.study.objectives import ObjectiveConfig
from trading_hpo.study.opening import open_study

SCALARS = "test/csv/08_reporting/tensorboard"


def studied(tmp_path, name, n_trials):
    """A study whose trials are worth their slot, each with a series and a folder of TensorBoard."""
    storage = StudyStorage(f"sqlite:///{tmp_path / 's.db'}")
    study, _ = open_study(storage, name, (ObjectiveConfig(),), {"seed": 1})
    for slot in range(n_trials):
        trial_id = insert_once(*place_of(study), trial_of(state=TrialState.RUNNING, **{SLOT: slot}), SLOT, -1)
        attrs = {MOMENTS: {"count": 1}, COST: {}}
        write_change(
            place_of(study)[0], trial_id, Change(TrialState.COMPLETE, [float(slot)], attrs, payload={"0": b"s"})
        )
        (tmp_path / SCALARS / file_name(name) / f"{slot:05}").mkdir(parents=True)
    return study


@pytest.mark.parametrize("name", ["*", "a[bc].mlp", "../x.mlp"])
def test_a_name_that_a_pattern_would_read_as_others_removes_its_own_folders_only(tmp_path, name):
    other = tmp_path / SCALARS / "ab.mlp" / "00000"
    other.mkdir(parents=True)
    study = studied(tmp_path, name, 2)
    remove(study, leftovers(study, 1, tmp_path))
    own = tmp_path / SCALARS / file_name(name)
    assert other.exists()
    assert [folder.name for folder in own.iterdir()] == ["00001"]


def test_the_series_of_the_sample_stay_with_those_of_the_best(tmp_path, monkeypatch):
    monkeypatch.setattr(thinning, "SAMPLE", 5)
    study = studied(tmp_path, "daily.mlp", 20)
    found = leftovers(study, 2, tmp_path)
    assert len(found.numbers) == 18
    remove(study, found)
    left = {number for number, *_ in trial_payloads(*place_of(study))}
    sampled = thinning.sample(range(20), 1)
    assert left == {18, 19} | sampled
    assert len(sampled) == 5
    assert found.series == 20 - len(left)
