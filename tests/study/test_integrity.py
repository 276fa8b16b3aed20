"""What a study says is what its trials have recorded of their folds; anything else is refused by trial."""

import sqlite3
import time
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.commands.cli_errors import message_of
from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import DamagedStudyError
from trading_hpo.study.catalogue import all_studies, count_trials, delete
from trading_hpo.study.integrity import checked
from trading_hpo.study.reference import StudyRef

CONDITIONS: dict[str, Any] = {
    "folds": {
        "0": {"validation": [[10, 20], [40, 50]], "paths": [0, 1]},
        "1": {"validation": [[20, 30]], "paths": [0]},
        "2": {"validation": [[30, 40]], "paths": [1]},
    }
}
ONE_PATH = {"folds": {str(number): {"validation": [[10 * number, 10 * number + 10]]} for number in range(3)}}
MCC, SIZE = (0.1, 0.4, 0.8), 1.5
MEAN_OVER_PATHS = ((0.1 + 0.4) / 2 + (0.1 + 0.8) / 2) / 2
DISTRIBUTIONS = {
    "rate": FloatDistribution(1e-4, 1e-1, log=True),
    "width": IntDistribution(8, 64),
    "loss": CategoricalDistribution(("a", "b")),
}


def recorded(**changes: Any) -> dict[str, Any]:
    folds = [{"fold": number, "stopped_epoch": 2, "metrics": {"mcc": mcc}} for number, mcc in enumerate(MCC)]
    cost = {"model_size_mb": SIZE}
    return {"metrics": {"mcc": MEAN_OVER_PATHS}, "spread": {"mcc": 0.1}, "cost": cost, "folds": folds, **changes}


def of_values(*values: float, conditions: Any = CONDITIONS, **attrs: Any) -> optuna.Study:
    params = {"rate": 1e-3, "width": 8, "loss": "b"}
    trial = trial_of(*values, params=params, distributions=DISTRIBUTIONS, **attrs)
    metrics, directions = (["mcc", "model_size_mb"], ["maximize", "minimize"])
    whole = trial_of(MEAN_OVER_PATHS, SIZE, **recorded())
    return study_of(whole, trial, metrics=metrics, directions=directions, fingerprint=conditions)


def test_a_value_that_is_the_mean_over_the_paths_of_its_folds_is_taken():
    study = of_values(MEAN_OVER_PATHS, SIZE, **recorded())
    assert checked(study) is study


def test_folds_in_another_order_mean_the_same():
    checked(of_values(MEAN_OVER_PATHS, SIZE, **recorded(folds=recorded()["folds"][::-1])))


def test_of_one_path_the_value_is_the_mean_over_folds():
    trials = [trial_of(value, **recorded()) for value in (sum(MCC) / 3, sum(MCC) / 3 + 1e-6)]
    checked(study_of(trials[0], fingerprint=ONE_PATH))
    with pytest.raises(DamagedStudyError, match="trial 1: mcc must be"):
        checked(study_of(*trials, fingerprint=ONE_PATH))


def with_last_fold(metrics: Any) -> dict[str, Any]:
    return recorded(folds=[*recorded()["folds"][:2], {"fold": 2, "metrics": metrics}])


RIGHT, NOT_THREE = (MEAN_OVER_PATHS, SIZE), "one record for each of 3 folds"
DAMAGES = {
    "a value": ((0.9, SIZE), recorded(), "mcc must be 0.35"),
    "a cost": ((MEAN_OVER_PATHS, 1.4), recorded(), "model_size_mb must be 1.5"),
    "an infinite value": ((float("inf"), SIZE), recorded(), "2 finite values"),
    "a fold's metric": (RIGHT, with_last_fold({"mcc": 0.9}), "mcc must be"),
    "a fold's metric that is gone": (RIGHT, with_last_fold({"mdc": 0.8}), "known of each fold"),
    "a fold that is gone": (RIGHT, recorded(folds=recorded()["folds"][:2]), NOT_THREE),
    "a fold twice": (RIGHT, recorded(folds=recorded()["folds"][:1] * 3), NOT_THREE),
    "no list": (RIGHT, recorded(folds={"0": 1}), NOT_THREE),
    "no records": (RIGHT, recorded(folds=[1, 2, 3]), NOT_THREE),
    "no metrics": (RIGHT, with_last_fold([0.8]), NOT_THREE),
    "no mapping": (RIGHT, recorded(cost=[1]), "cost must be a mapping"),
}


@pytest.mark.parametrize(("values", "attrs", "said"), DAMAGES.values(), ids=DAMAGES)
def test_what_does_not_fit_together_is_refused_by_study_trial_and_remedy(values, attrs, said):
    with pytest.raises(DamagedStudyError) as refused:
        checked(of_values(*values, **attrs))
    for part in ("Study test.mlp", "trial 1: ", said, "Restore its database", "`kedro study delete test.mlp`"):
        assert part in str(refused.value)
    assert "trial 0" not in str(refused.value)


@pytest.mark.parametrize("conditions", ["text", [1]])
def test_conditions_that_are_none_are_refused(conditions):
    with pytest.raises(DamagedStudyError, match="conditions must be a mapping"):
        checked(of_values(MEAN_OVER_PATHS, SIZE, conditions=conditions))


def test_a_parameter_outside_of_its_range_is_refused():
    for name, value in (("rate", 0.2), ("width", 65), ("loss", "c")):
        study = of_values(MEAN_OVER_PATHS, SIZE, **recorded())
        study.get_trials(deepcopy=False)[1].params[name] = value
        with pytest.raises(DamagedStudyError, match=f"trial 1: {name} must be within .*, got {value!r}"):
            checked(study)


def test_many_damaged_trials_are_counted():
    study = study_of(*(trial_of(9.0, **recorded()) for _ in range(8)), fingerprint=ONE_PATH)
    with pytest.raises(DamagedStudyError, match=r"(?s)trial 0.*trial 4:.*and 3 more"):
        checked(study)


def test_what_was_not_made_here_and_what_has_no_folds_is_taken_as_it_is():
    checked(study_of(trial_of(0.9, folds="theirs"), metrics=None))
    checked(study_of(trial_of(0.9), trial_of(0.2, metrics={"mcc": 0.2}, folds=[]), fingerprint=ONE_PATH))


def test_a_value_that_no_fold_knows_is_not_compared():
    checked(study_of(trial_of(0.9, **recorded()), metrics=["sharpe"], fingerprint=ONE_PATH))


def test_only_complete_trials_are_looked_at():
    pruned = trial_of(0.9, state=TrialState.PRUNED, folds=recorded()["folds"][:1])
    checked(study_of(pruned, trial_of(None, state=TrialState.FAIL), fingerprint=ONE_PATH))


def test_a_thousand_trials_take_a_moment():
    study = study_of(*(trial_of(sum(MCC) / 3, **recorded()) for _ in range(1000)), fingerprint=ONE_PATH)
    study.get_trials(deepcopy=False)
    began = time.process_time()
    checked(study)
    assert time.process_time() - began < 0.2


# In the database


@pytest.fixture
def ref(tmp_path) -> StudyRef:
    storage = StudyStorage(f"sqlite:///{tmp_path / 'data/a/b/06_models/studies.db'}")
    study = optuna.create_study(storage=storage.open(), study_name="test.mlp", direction="maximize")
    with accepted_as_experimental():
        study.set_metric_names(["mcc"])
    study.set_user_attr("fingerprint", ONE_PATH)
    for slot in range(3):
        params = {"rate": 1e-3, "width": 8, "loss": "b"}
        study.add_trial(trial_of(sum(MCC) / 3, params=params, distributions=DISTRIBUTIONS, slot=slot, **recorded()))
    return StudyRef("test.mlp", storage)


def alter(ref: StudyRef, command: str, *values: object) -> None:
    connection = sqlite3.connect(ref.storage.sqlite_path)
    with connection:
        assert connection.execute(command, values).rowcount == 1
    connection.close()


OF_TRIAL_1 = "trial_id = (select trial_id from trials where number = 1)"
ALTERED = {
    "an attribute": ("update trial_user_attributes set value_json = '{\"mcc' where key = 'folds' and ", "trial 1"),
    "a distribution": ("update trial_params set distribution_json = '{}' where param_name = 'rate' and ", "trial 1"),
    "a choice": ("update trial_params set param_value = 7 where param_name = 'loss' and ", "trial 1"),
    "conditions": ("update study_user_attributes set value_json = '{' where 1 or ", "an attribute of the study"),
}


@pytest.mark.parametrize(("command", "said"), ALTERED.values(), ids=ALTERED)
def test_a_study_that_cannot_be_read_is_refused_in_words_and_can_be_deleted(ref, tmp_path, command, said):
    column = OF_TRIAL_1 if "study_user" not in command else "0"
    alter(ref, command + column)
    for read in (ref.open, ref.state) if "study_user" not in command else (ref.open,):
        with pytest.raises(DamagedStudyError, match=f"Study test.mlp must .*\n    {said} cannot be read") as refused:
            read()
        assert message_of(refused.value) == str(refused.value)
    (found,) = all_studies(tmp_path / "data")
    assert count_trials(found) == 3
    delete(found)
    assert all_studies(tmp_path / "data") == []


def test_a_state_that_is_none_is_refused_in_words_whatever_is_asked(ref):
    alter(ref, "update trials set state = 'COMPLETED' where " + OF_TRIAL_1)
    for ask in (ref.open, ref.state, lambda: delete(ref)):
        with pytest.raises(DamagedStudyError, match="trial 1 cannot be read"):
            ask()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("update trial_values set value = 0.9 where ", "mcc must be"),
        ("update trial_params set param_value = 65 where param_name = 'width' and ", "width must be within"),
        ("delete from trial_values where ", "it must have 1 finite values, got None"),
    ],
)
def test_a_value_that_was_altered_in_the_database_changes_the_state_and_is_refused(ref, command, said):
    before = ref.state()
    checked(ref.open())
    alter(ref, command + OF_TRIAL_1)
    assert ref.state() != before
    with pytest.raises(DamagedStudyError, match=f"trial 1: {said}"):
        checked(ref.open())
