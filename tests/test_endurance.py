"""Searches that are hurt again and again, on both kinds of database; `make soak` hurts them for longer."""

import multiprocessing
import random
import signal
import time
from datetime import datetime, timedelta

import optuna
import pytest
import sqlalchemy
from benchmarks.short_trials import ShortTrials, make_study, short_search
from optuna.trial import TrialState
from tests.makers.processes import wait_until

from trading_hpo.engine.store import optuna_tables as rows
from trading_hpo.engine.store import stored_study as ledger
from trading_hpo.engine.store.payloads import trial_payloads
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.trial_record import MOMENTS
from trading_hpo.study.reference import StudyRef

pytestmark = pytest.mark.slow
LONG = pytest.mark.soak
ON_A_SERVER = pytest.param("postgresql", marks=pytest.mark.long(part="postgresql"))


def acknowledged(storage):
    """Finished trials, asked of the database itself: number and value."""
    engine = sqlalchemy.create_engine(storage.url, poolclass=sqlalchemy.NullPool)
    query = "select number, value from trials t join trial_values v on t.trial_id = v.trial_id where state = 'COMPLETE'"
    try:
        with engine.connect() as connection:
            return dict(connection.execute(sqlalchemy.text(query)).tuples().all())
    except sqlalchemy.exc.DBAPIError:  # the tables are not made yet
        return {}


def wait_for_trials(storage, wanted, process):
    def so_far():
        assert process.poll() is None, process.communicate()[1]
        return len(acknowledged(storage)) >= wanted

    wait_until(so_far, "the search never came so far")


def everything(storage):
    study = StudyRef("study", storage).follow()
    beside = {number: data for number, _, data in trial_payloads(*rows.place_of(study))}
    return [
        (
            t.number,
            t.user_attrs["slot"],
            t.state,
            t.value,
            t.params,
            sorted(t.intermediate_values.items()),
            t.user_attrs.get(MOMENTS),
            beside.get(t.number),
        )
        for t in study.trials
    ]


@pytest.mark.parametrize("either_storage", ["sqlite", ON_A_SERVER], indirect=True)
@pytest.mark.parametrize(
    ("n_kills", "n_trials"), [(2, 8), pytest.param(100, 300, marks=[LONG, pytest.mark.timeout(3600)])]
)
def test_a_search_killed_again_and_again_loses_nothing_and_counts_nothing_twice(
    either_storage, start_short_search, n_kills, n_trials, tmp_path
):
    rng, known = random.Random(0), {}
    arguments = ["--n-trials", str(n_trials), "--seconds", "0.2", "--bars", "200"]
    for kill in range(1, n_kills + 1):
        process = start_short_search(either_storage, *arguments)
        wait_for_trials(either_storage, kill * n_trials // (n_kills + 1), process)
        time.sleep(rng.uniform(0, 0.3))
        process.kill()
        process.communicate()
        now = acknowledged(either_storage)
        assert known.items() <= now.items()
        known = now
    last = start_short_search(either_storage, *arguments)
    said = last.communicate(timeout=800)[1]
    assert last.returncode == 0, said
    hurt = everything(either_storage)
    assert known.items() <= acknowledged(either_storage).items()
    assert [line[:3] for line in hurt] == [(number, number, TrialState.COMPLETE) for number in range(n_trials)]
    whole = type(either_storage)(f"sqlite:///{tmp_path / 'whole.db'}")
    short_search("study", ShortTrials(3, bars=200), n_trials=n_trials).run(whole)
    assert hurt == everything(whole)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_server_that_restarts_twenty_times_under_four_workers_costs_no_worker_and_no_trial(database, restarting):
    search = short_search("study", ShortTrials(5, seconds=1.0), n_trials=600, workers=4)
    search.open(database)
    with restarting(20, lambda: random.uniform(1, 5)) as done:
        search.run(database)
    trials = StudyRef("study", database).open().trials
    assert len(done) == 20
    assert sorted(trial.user_attrs["slot"] for trial in trials) == list(range(600))
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert not any("lost" in trial.user_attrs for trial in trials)


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=LONG)])
@pytest.mark.parametrize("kind", ["sqlite", ON_A_SERVER])
def test_eight_starters_on_a_fresh_database_never_fail(kind, rounds, tmp_path, request):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.short_trials"])
    for number in range(rounds):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        if kind == "postgresql":
            url = request.getfixturevalue("new_database")().url
        together = context.Barrier(8)
        starters = [context.Process(target=make_study, args=(together, url, "study"), daemon=True) for _ in range(8)]
        for starter in starters:
            starter.start()
        for starter in starters:
            starter.join(600)
        assert [starter.exitcode for starter in starters] == [0] * 8
        study = optuna.load_study(study_name="study", storage=url)
        assert {"fingerprint", "study_id", "made_by"} <= study.user_attrs.keys()


def test_trials_that_are_worth_nothing_or_break_are_never_best_and_end_no_study(either_storage):
    short_search("study", ShortTrials(3, faulty=0.3), n_trials=60, workers=2).run(either_storage)
    study = StudyRef("study", either_storage).follow()
    bad = [trial for trial in study.trials if trial.params["p0"] < 0.3]
    assert len(study.trials) == 60
    assert len(bad) > 6
    assert {trial.state for trial in bad} == {TrialState.FAIL}
    assert all("reason" in trial.user_attrs for trial in bad)
    assert {trial.state for trial in study.trials if trial not in bad} == {TrialState.COMPLETE}
    assert study.best_trial not in bad


@pytest.mark.parametrize("hours", [2, pytest.param(-2, marks=pytest.mark.long(part="engine"))])
def test_a_clock_that_is_set_two_hours_off_ends_nothing_early(tmp_path, monkeypatch, hours):
    from trading_hpo.engine.store.storage import StudyStorage

    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    real, began = time.time, time.monotonic()

    def moved():
        return real() + 3600 * hours * (time.monotonic() - began > 1)

    class Moved(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(moved(), tz)

    monkeypatch.setattr(time, "time", moved)
    for module in (ledger, rows):
        monkeypatch.setattr(module, "datetime", Moved)
    limits = {"worker_silence_minutes": 1, "max_training_time_minutes": 60}
    short_search("study", ShortTrials(3, seconds=0.2), n_trials=20, timeout_minutes=60, limits=limits).run(storage)
    trials = StudyRef("study", storage).open().trials
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert len(trials) == 20
    assert abs(trials[-1].datetime_start - datetime.fromtimestamp(real())) > timedelta(hours=1)


@pytest.mark.long(part="postgresql")
def test_an_interrupted_search_ends_soon_though_its_server_is_gone_and_goes_on_exactly(
    database, server_does, start_short_search, tmp_path
):
    process = start_short_search(database, "--n-trials", "40", "--seconds", "0.2")
    wait_for_trials(database, 3, process)
    server_does("stop")
    try:
        time.sleep(1)  # some trials end that cannot be written; nobody outside can see when
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=300)[1]  # the server does not come back before it has ended
        assert process.returncode == 130, said
        assert "Traceback" not in said
    finally:
        server_does("start")
    short_search("study", ShortTrials(3), n_trials=40).run(database)
    whole = type(database)(f"sqlite:///{tmp_path / 'whole.db'}")
    short_search("study", ShortTrials(3), n_trials=40).run(whole)
    assert everything(database) == everything(whole)


@pytest.mark.long(part="postgresql")
def test_a_server_that_stays_away_ends_the_search_with_one_message(database, server_does, start_short_search):
    process = start_short_search(database, "--n-trials", "400", "--seconds", "0.2", "--patience", "3")
    wait_for_trials(database, 3, process)
    server_does("stop")
    try:
        said = process.communicate(timeout=300)[1]
    finally:
        server_does("start")
    assert process.returncode == 1
    assert "Traceback" not in said
    assert "cannot be used" in said
    assert "Finished trials are kept" in said


@pytest.mark.slow
def test_of_many_configurations_to_start_from_four_workers_try_each_once(tmp_path):
    """Enqueued in a plain study on SQLite, some of them run twice."""
    wanted = [{"p0": number / 100} for number in range(60)]
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    short_search("study", ShortTrials(reports=1), n_trials=60, workers=4, start_from=wanted).run(storage)
    tried = [trial.params["p0"] for trial in StudyRef("study", storage).open().trials]
    assert sorted(tried) == [entry["p0"] for entry in wanted]
