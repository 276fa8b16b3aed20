"""What is written in one transaction is what Optuna's own functions write."""

import math
import re
from datetime import datetime, timedelta
from pathlib import Path

import optuna
import pytest
import sqlalchemy
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

import trading_hpo
from trading_hpo.engine.store.optuna_tables import Change, check_schema, engine_of, insert_once, write_change
from trading_hpo.errors import StorageError

INF = math.inf
PARAMETERS = {
    "rate": (0.01, FloatDistribution(1e-4, 1e-1, log=True)),
    "width": (8, IntDistribution(4, 16, step=4)),
    "kind": ("b", CategoricalDistribution(["a", "b", None])),
    "none": (None, CategoricalDistribution(["a", None])),
}
PRIVATE = re.compile(r"(?<!self)\._(storage|trial_id|study_id|backend|get_trials)\b|optuna\.[\w.]*\._")
STARTED = datetime(2026, 3, 29, 1, 30, 0, 123456)
CHANGES = {
    "complete": Change(TrialState.COMPLETE, [0.1 + 0.2], {"metrics": {"mcc": None}}, {"s": [1]}, {1: 0.5, 2: -0.25}),
    "several objectives": Change(TrialState.COMPLETE, [1.0, -2.0], reports={}),
    "infinite": Change(TrialState.COMPLETE, [INF], reports={1: INF, 2: -INF, 3: math.nan}),
    "minus infinite": Change(TrialState.PRUNED, [-INF], {"reason": "über"}),
    "pruned without a value": Change(TrialState.PRUNED, None, {"reason": "too large"}),
    "failed": Change(TrialState.FAIL, user_attrs={"reason": "it broke", "cost": {"training_time_s": math.nan}}),
    "waiting": Change(TrialState.WAITING),
    "on the way": Change(reports={3: 1e-300, 4: 1e300}),
    "noted": Change(user_attrs={"lost": 1}, system_attrs={"constraints": [0.1, -1.0]}),
}


def template(**options):
    return FrozenTrial(
        number=-1,
        trial_id=-1,
        state=TrialState.RUNNING,
        value=None,
        datetime_start=STARTED,
        datetime_complete=None,
        params={name: value for name, (value, _) in PARAMETERS.items()},
        distributions={name: distribution for name, (_, distribution) in PARAMETERS.items()},
        user_attrs={"slot": 3},
        system_attrs={"generation": {"n": 1}},
        intermediate_values={},
        **options,
    )


def by_its_functions(storage, trial_id, change):
    """The slow twin: one transaction after another."""
    for step, value in change.reports.items():
        storage.set_trial_intermediate_value(trial_id, step, value)
    for key, value in change.user_attrs.items():
        storage.set_trial_user_attr(trial_id, key, value)
    for key, value in change.system_attrs.items():
        storage.set_trial_system_attr(trial_id, key, value)
    if change.state is not None:
        storage.set_trial_state_values(trial_id, change.state, change.values)


def study_in(storage, name, n_objectives=1):
    study = optuna.create_study(storage=storage, study_name=name, directions=["maximize"] * n_objectives)
    return storage.get_study_id_from_name(study.study_name)


def shown(trial):
    """Everything that a reader sees but the moment of the end; NaN equals itself there."""
    moments = (trial.datetime_start, trial.datetime_complete is None)
    return repr((trial.number, trial.state, trial.values, trial.params, trial.distributions, moments)) + repr(
        [sorted(found.items()) for found in (trial.user_attrs, trial.system_attrs, trial.intermediate_values)]
    )


def inserted(storage, study_id):
    """Insert a trial beside those that are there, whose mark is the same."""
    last = max((trial._trial_id for trial in storage.get_all_trials(study_id)), default=-1)
    return insert_once(engine_of(storage), study_id, template(), "slot", last)


@pytest.fixture(autouse=True)
def quiet_optuna():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture
def storage(either_storage):
    return either_storage.open()


def test_readers_see_what_optunas_own_functions_would_have_written(storage):
    for name, change in CHANGES.items():
        n_objectives = len(change.values or [0.0])
        theirs, ours = (study_in(storage, f"{name} {side}", n_objectives) for side in ("theirs", "ours"))
        for study_id, insert in ((theirs, storage.create_new_trial), (ours, None)):
            for _ in range(2):
                begun = insert(study_id, template()) if insert else inserted(storage, study_id)
        assert shown(storage.get_all_trials(ours)[1]) == shown(storage.get_all_trials(theirs)[1])
        by_its_functions(storage, begun - 2, change)
        assert write_change(engine_of(storage), begun, change)
        assert shown(storage.get_all_trials(ours)[1]) == shown(storage.get_all_trials(theirs)[1]), name
        assert shown(storage.get_trial(begun)) == shown(storage.get_trial(begun - 2)), name


def test_a_storage_that_has_read_a_running_trial_sees_its_end(storage, either_storage):
    study_id = study_in(storage, "study")
    trial_id = inserted(storage, study_id)
    other = either_storage.open()
    assert [trial.state for trial in other.get_all_trials(study_id)] == [TrialState.RUNNING]
    write_change(engine_of(storage), trial_id, Change(TrialState.COMPLETE, [1.0], at=STARTED + timedelta(minutes=1)))
    for reader in (storage, other):
        (trial,) = reader.get_all_trials(study_id)
        assert (trial.state, trial.value, trial.duration) == (TrialState.COMPLETE, 1.0, timedelta(minutes=1))


def test_numbers_count_the_trials_of_a_study_whatever_others_hold(storage):
    first, second = study_in(storage, "first"), study_in(storage, "second")
    for study_id in (first, second, first, first, second):
        inserted(storage, study_id)
    assert [trial.number for trial in storage.get_all_trials(first)] == [0, 1, 2]
    assert [trial.number for trial in storage.get_all_trials(second)] == [0, 1]


def test_of_two_ends_the_first_is_kept_and_the_second_refused(storage):
    study_id = study_in(storage, "study")
    trial_id = inserted(storage, study_id)
    assert write_change(engine_of(storage), trial_id, Change(TrialState.COMPLETE, [1.0], reports={1: 0.5}))
    for late in (
        Change(TrialState.FAIL, [2.0], {"reason": "late"}),
        Change(reports={2: 9.0}),
        Change(user_attrs={"a": 1}),
    ):
        assert not write_change(engine_of(storage), trial_id, late)
    (trial,) = storage.get_all_trials(study_id)
    assert (trial.state, trial.value, trial.user_attrs) == (TrialState.COMPLETE, 1.0, {"slot": 3})
    assert trial.intermediate_values == {1: 0.5}


def test_a_change_that_is_written_again_stands_there_once(storage):
    study_id = study_in(storage, "study")
    trial_id = inserted(storage, study_id)
    for _ in range(2):
        assert write_change(engine_of(storage), trial_id, Change(None, [1.0], {"a": 1}, {"b": 2}, {1: 0.1, 2: 0.2}))
    (trial,) = storage.get_all_trials(study_id)
    assert (trial.user_attrs, trial.system_attrs) == ({"slot": 3, "a": 1}, {"generation": {"n": 1}, "b": 2})
    assert trial.intermediate_values == {1: 0.1, 2: 0.2}


def test_a_new_attempt_leaves_no_report_of_the_earlier_one(storage):
    study_id = study_in(storage, "study")
    trial_id = inserted(storage, study_id)
    write_change(engine_of(storage), trial_id, Change(reports={1: 0.1, 2: 0.2, 3: 0.3}))
    write_change(engine_of(storage), trial_id, Change(reports={1: 0.1}))
    write_change(engine_of(storage), trial_id, Change(TrialState.PRUNED, [0.2], reports={2: 0.2}))
    assert storage.get_trial(trial_id).intermediate_values == {1: 0.1, 2: 0.2}


def test_a_change_is_written_whole_or_not_at_all(storage):
    study_id = study_in(storage, "study")
    trial_id = inserted(storage, study_id)
    with pytest.raises(sqlalchemy.exc.StatementError):  # the last thing to be written cannot be
        write_change(engine_of(storage), trial_id, Change(TrialState.COMPLETE, [object()], {"a": 1}, reports={1: 1.0}))
    (trial,) = storage.get_all_trials(study_id)
    assert (trial.state, trial.user_attrs, trial.intermediate_values) == (TrialState.RUNNING, {"slot": 3}, {})


def test_tables_of_another_optuna_are_refused(monkeypatch):
    monkeypatch.setattr(optuna.storages._rdb.models, "SCHEMA_VERSION", 13)
    with pytest.raises(StorageError, match=r"schema version 12, got 13 of Optuna .* Install optuna==5\.0"):
        check_schema()


def test_private_parts_of_optuna_stay_in_two_files():
    source = Path(trading_hpo.__file__).parent
    using = {path.name for path in source.rglob("*.py") if PRIVATE.search(path.read_text())}
    assert using == {"optuna_tables.py", "recorded_storage.py"}
