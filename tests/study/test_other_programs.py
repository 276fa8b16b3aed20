"""Trials that a person adds, enqueues, ends or deletes by Optuna's own means, before a search and while it runs."""

from dataclasses import replace

import optuna
import pytest
from benchmarks.short_trials import SPACE, ShortTrials, short_search
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial
from tests.makers.processes import wait_until

from trading_hpo.engine.space import FloatParameter, suggest
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.trial_record import REASON, SLOT
from trading_hpo.study.own_trials import foreign_trials, own_trials
from trading_hpo.study.ranking import best_trial
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.results import study_summary, trials_table
from trading_hpo.study.trial_ledger import enter

SHORT = ShortTrials(reports=2)
HIGHEST = 99.0  # more than any trial of these searches can be worth
COMPLETE, FAIL = TrialState.COMPLETE, TrialState.FAIL


@pytest.fixture(autouse=True)
def quiet_optuna():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture
def storage(tmp_path) -> StudyStorage:
    return StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")


def theirs(storage):
    """The study as another program opens it."""
    return optuna.load_study(study_name="study", storage=storage.open(records=False))


def ours(storage):
    return StudyRef("study", storage).open()


def slots(study, *states):
    found = [trial for trial in own_trials(study) if trial.state in (states or (COMPLETE,))]
    return sorted(trial.user_attrs[SLOT] for trial in found)


def added(value=HIGHEST, **attrs):
    params = dict.fromkeys(SPACE, 0.5)
    return create_trial(
        value=value, params=params, distributions=dict.fromkeys(SPACE, FloatDistribution(0, 1)), user_attrs=attrs
    )


def searched(storage, n_trials=6, **hpo):
    short_search("study", SHORT, n_trials=n_trials, **hpo).run(storage)
    return ours(storage)


def worth(study):
    return {trial.user_attrs[SLOT]: (trial.params, trial.value) for trial in own_trials(study)}


def test_an_enqueued_configuration_is_the_next_slot_of_the_budget_and_what_it_leaves_open_is_chosen(either_storage):
    short_search("study", SHORT, n_trials=4).open(either_storage)
    for parameters in ({"p0": 0.5, "p3": 0.25}, {"p1": 0.125}):
        theirs(either_storage).enqueue_trial(parameters, user_attrs={"memo": "mine"})
    study = searched(either_storage, 4)
    assert slots(study) == [0, 1, 2, 3]
    first, second, *_ = study.trials
    assert len(study.trials) == 4
    assert (first.params["p0"], first.params["p3"], second.params["p1"]) == (0.5, 0.25, 0.125)
    assert first.params.keys() == SPACE.keys()
    assert (first.user_attrs["slot"], first.user_attrs["memo"]) == (0, "mine")
    assert sorted(first.intermediate_values) == [1, 2]


def test_one_outside_of_the_space_is_refused_by_name_and_takes_no_slot(storage, caplog):
    short_search("study", SHORT, n_trials=3).open(storage)
    theirs(storage).enqueue_trial({"p0": 7.0, "q": 1})
    theirs(storage).enqueue_trial({"p0": 0.5})
    study = searched(storage, 3)
    assert slots(study) == [0, 1, 2]
    refused = study.trials[0]
    said = "it was enqueued outside of the search space: p0 must be 0.0 to 1.0, got 7.0. unknown parameter 'q'."
    assert (refused.state, refused.user_attrs[REASON][: len(said)]) == (FAIL, said)
    assert "trial 0 is not run" in caplog.text
    assert study.trials[1].params["p0"] == 0.5


@pytest.mark.parametrize("slot", [0, 2, 7])  # of a trial that has ended, of the next one, of another study's
def test_a_failed_trial_is_run_again_as_optuna_documents_it_whatever_it_carries(either_storage, slot):
    searched(either_storage, 2)
    study = theirs(either_storage)
    kept = {**study.trials[0].user_attrs, SLOT: slot, REASON: "it diverged", "memo": "mine"}
    study.enqueue_trial({"p0": 0.5}, user_attrs=kept)
    study = searched(either_storage, 4)
    assert slots(study) == [0, 1, 2, 3]
    again = study.trials[2]
    assert (again.state, again.params["p0"], again.user_attrs[SLOT]) == (COMPLETE, 0.5, 2)
    assert (again.user_attrs["memo"], REASON in again.user_attrs) == ("mine", False)


def test_a_grid_tries_every_combination_and_refuses_what_is_enqueued(storage, caplog):
    ends = FloatParameter(type="float", low=0.0, high=1.0, step=1.0)
    search = replace(short_search("study", SHORT, n_trials=10, sampler="grid"), space={"p0": ends, "p1": ends})
    search.open(storage)
    theirs(storage).enqueue_trial({"p0": 1.0, "p1": 1.0})
    search.run(storage)
    study = ours(storage)
    tried = sorted(tuple(trial.params.values()) for trial in own_trials(study) if trial.state == COMPLETE)
    assert tried == [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    reason = "it was enqueued, and sampler grid tries every combination by itself"
    assert (study.trials[0].state, study.trials[0].user_attrs[REASON]) == (FAIL, reason)
    assert f"trial 0 is not run, {reason}" in caplog.text


def test_beyond_the_budget_it_waits_for_a_larger_one(storage):
    searched(storage, 2)
    theirs(storage).enqueue_trial({"p0": 0.5})
    assert searched(storage, 2).trials[2].state == TrialState.WAITING
    study = searched(storage, 3)
    assert (study.trials[2].state, study.trials[2].params["p0"]) == (COMPLETE, 0.5)
    assert slots(study) == [0, 1, 2]


def test_an_added_trial_changes_neither_what_is_tried_nor_what_is_best(storage, tmp_path):
    whole = searched(StudyStorage(f"sqlite:///{tmp_path / 'whole.db'}"), 14, sampler="tpe")
    searched(storage, 12, sampler="tpe")
    theirs(storage).add_trials([added(), added(slot=3), create_trial(state=FAIL), added(slot=12)])
    theirs(storage).optimize(lambda trial: HIGHEST + sum(suggest(SPACE, trial).values()), n_trials=1)
    study = searched(storage, 14, sampler="tpe")
    assert worth(study) == worth(whole)
    best = best_trial(study)
    assert best.value == best_trial(whole).value < HIGHEST
    summary = study_summary(study, "")
    assert (summary["trials"]["complete"], summary["foreign_trials"], summary["best_trial"]) == (14, 5, best.number)
    assert list(trials_table(study)["left_out"].dropna()) == ["foreign"] * 5
    enter(tmp_path / "ledger.jsonl", study)
    assert len((tmp_path / "ledger.jsonl").read_text().splitlines()) == 1 + 14


def test_an_interrupted_slot_that_another_program_takes_up_and_ends_is_run_again(storage):
    search = short_search("study", SHORT, n_trials=3)
    search.open(storage)
    theirs(storage).add_trial(create_trial(state=TrialState.WAITING, user_attrs={SLOT: 0}))  # as one was put back
    taken = theirs(storage).ask()
    theirs(storage).tell(taken.number, HIGHEST)
    study = searched(storage, 3)
    assert slots(study) == [0, 1, 2]
    assert [trial.number for trial in foreign_trials(study)] == [0]


# While it runs


@pytest.fixture
def running(storage, start_short_search):
    """Start a search of slow trials and return it once it has a running one."""

    def start(where=storage, n_trials=6, *more):
        short_search("study", SHORT, n_trials=n_trials).open(where)
        arguments = ("--n-trials", str(n_trials), "--seconds", "0.6", "--reports", "3", *more)
        process = start_short_search(where, *arguments)
        wait_until(lambda: any(trial.state == TrialState.RUNNING for trial in theirs(where).get_trials()))
        return process

    return start


def ended(process):
    _, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    return said


def one_running(storage):
    found = theirs(storage).get_trials(states=(TrialState.RUNNING,))
    return found[0] if found else None


@pytest.mark.slow
def test_a_trial_that_another_program_ends_while_it_runs_is_written_to_the_end_all_the_same(storage, running):
    process = running()
    wait_until(lambda: one_running(storage) is not None)
    told = one_running(storage)
    theirs(storage).tell(told.number, HIGHEST)
    said = ended(process)
    study = ours(storage)
    assert slots(study) == list(range(6))
    assert len(study.trials) == 7
    assert [trial.number for trial in foreign_trials(study)] == [told.number]
    (again,) = [trial for trial in own_trials(study) if trial.user_attrs[SLOT] == told.user_attrs[SLOT]]
    assert again.params == told.params
    assert sorted(again.intermediate_values) == [1, 2, 3]
    assert f"best mcc {best_trial(study).value:.4f}" in said
    for trial in own_trials(study):
        assert trial.value == pytest.approx(sum(trial.params.values()))


@pytest.mark.slow
def test_what_is_enqueued_while_it_runs_is_run(storage, running):
    process = running()
    theirs(storage).enqueue_trial({"p0": 0.5})
    ended(process)
    study = ours(storage)
    assert slots(study) == list(range(6))
    assert len(study.trials) == 6
    assert [trial.params["p0"] for trial in study.trials].count(0.5) == 1


@pytest.mark.slow
def test_a_study_that_is_deleted_while_it_runs_ends_the_search_in_words_and_leaves_nothing(storage, running):
    process = running()
    optuna.delete_study(study_name="study", storage=storage.open(records=False))
    _, said = process.communicate(timeout=600)
    assert process.returncode == 1
    assert "Study study must be kept until its search ends, got deleted by another program" in said
    assert "Traceback" not in said
    with storage.open()._backend.engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from trials").scalar() == 0
    assert slots(searched(storage, 3)) == [0, 1, 2]  # the remedy


@pytest.mark.slow
@pytest.mark.long(part="postgresql")
def test_two_machines_share_what_is_enqueued_and_spend_one_budget(database, running, start_short_search):
    one = running(database, 20)
    two = start_short_search(database, "--n-trials", "20", "--seconds", "0.6", "--reports", "3")
    for place in range(6):
        theirs(database).enqueue_trial({"p0": 0.5, "p1": place / 10})
    for process in (one, two):
        ended(process)
    study = ours(database)
    assert slots(study) == list(range(20))
    asked = sorted(trial.params["p1"] for trial in own_trials(study) if trial.params["p0"] == 0.5)
    assert asked == [place / 10 for place in range(6)]
    assert len(study.trials) == 20


# What is kept beside Optuna's attributes


def as_an_earlier_version_left_it(storage):
    with storage.open()._backend.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into trial_user_attributes (trial_id, key, value_json) select trial_id, key, value_json "
            "from trial_records"
        )
        connection.exec_driver_sql("drop table trial_records")


@pytest.mark.parametrize("pruner", ["none", "median"])
def test_a_study_of_an_earlier_version_is_read_and_goes_on_as_if_it_had_never_stopped(storage, tmp_path, pruner):
    settings = {"sampler": "tpe", "pruner": pruner}
    whole = searched(StudyStorage(f"sqlite:///{tmp_path / 'whole.db'}"), 14, **settings)
    before = searched(storage, 12, **settings)
    as_an_earlier_version_left_it(storage)
    assert [trial.user_attrs for trial in ours(storage).trials] == [trial.user_attrs for trial in before.trials]
    assert worth(searched(storage, 14, **settings)) == worth(whole)


def test_optunas_own_copy_of_a_study_lacks_its_records_and_is_foreign(storage, tmp_path):
    searched(storage, 2)
    copied = StudyStorage(f"sqlite:///{tmp_path / 'copy.db'}")
    optuna.copy_study(
        from_study_name="study", from_storage=storage.open(records=False), to_storage=copied.open(records=False)
    )
    assert [trial.number for trial in foreign_trials(ours(copied))] == [0, 1]
    assert best_trial(ours(copied)) is None
    assert slots(searched(copied, 2)) == [0, 1]
