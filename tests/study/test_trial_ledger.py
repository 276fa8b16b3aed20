"""Every trial that has reported a score is counted, once, whatever becomes of its search and its study."""

import json
import os
import signal
from dataclasses import dataclass, replace

import numpy as np
import pytest
from benchmarks.short_trials import ShortTrials, short_search
from optuna.trial import TrialState
from tests.makers.panels import panel_of
from tests.makers.processes import wait_until

from trading_hpo.engine.store.optuna_tables import place_of
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.trial_record import MOMENTS
from trading_hpo.errors import DamagedFileError, StorageError
from trading_hpo.market.panel import open_panel
from trading_hpo.market.same_bars import seen_bars
from trading_hpo.study import upkeep
from trading_hpo.study.catalogue import archive, delete
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.trial_ledger import enter, knows, n_trials, searched_on, sharpes_in_errors

SEEN = {"assets": ["A"], "first": "2020-06-01", "last": "2020-06-02", "marks": []}


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "ledger" / "trials.jsonl"


@pytest.fixture
def storage(tmp_path):
    return StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")


@pytest.fixture
def short(storage, ledger):
    """Search trials that train nothing, and return their study."""

    def run(name="study", runner=None, **hpo):
        short_search(name, runner or ShortTrials(3, bars=40), **{"n_trials": 6, **hpo}).run(storage, ledger)
        return StudyRef(name, storage).open()

    return run


def lines(ledger):
    return [json.loads(line) for line in ledger.read_text().splitlines()]


def headers(ledger):
    return [line for line in lines(ledger) if "study_name" in line]


def slots(ledger):
    return [(line["study_id"], line["slot"]) for line in lines(ledger) if "slot" in line]


def test_a_study_has_one_line_with_its_bars_and_one_for_each_trial_with_its_moments(short, ledger):
    study = short()
    header, *trials = lines(ledger)
    study_id = study.user_attrs["study_id"]
    assert header == {
        "study_id": study_id,
        "study_name": "study",
        "model_type": "study",
        "metric": "mcc",
        "label": "direction",
        "horizon_bars": 1,
        "assets": ["A"],
        "first": "2020-01-01",
        "last": "2020-12-31",
    }
    expected = [
        {
            "study_id": study_id,
            "slot": number,
            "state": "COMPLETE",
            "complete": True,
            "value": trial.value,
            **trial.user_attrs[MOMENTS],
        }
        for number, trial in enumerate(study.trials)
    ]
    assert trials == expected


def test_a_second_run_a_larger_budget_and_an_entry_by_hand_add_no_second_line(short, ledger):
    short(n_trials=3)
    short(n_trials=3)
    study = short(n_trials=5)
    enter(ledger, study)
    assert [slot for _, slot in slots(ledger)] == [0, 1, 2, 3, 4]
    assert len(headers(ledger)) == 1


@dataclass(frozen=True)
class Breaking(ShortTrials):
    """Some break before they have reported a score, some after it."""

    def evaluate(self, candidate, should_stop):
        for report in super().evaluate(candidate, should_stop):
            if report.step > candidate.slot % 3:
                raise RuntimeError("it broke")
            yield report


def test_a_trial_that_failed_after_a_score_counts(short, ledger):
    study = short(runner=Breaking(6), n_trials=6)
    assert {trial.state for trial in study.trials} == {TrialState.FAIL}
    counted = {line["slot"]: line["value"] for line in lines(ledger) if "slot" in line}
    assert sorted(counted) == [1, 2, 4, 5]
    assert counted[2] == study.trials[2].intermediate_values[2]
    assert n_trials(ledger, SEEN) == 4
    assert sharpes_in_errors(ledger, SEEN) == []


def test_pruned_trials_with_a_value_count_and_failed_ones_without_a_score_do_not(short, ledger):
    pruner = {"name": "median", "n_startup_trials": 2, "n_warmup_epochs": 1}
    study = short(runner=ShortTrials(6, faulty=0.3, bars=40), n_trials=30, pruner=pruner)
    by_state = {state: [t.number for t in study.trials if t.state == state] for state in TrialState}
    assert all(by_state[state] for state in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
    counted = [line for line in lines(ledger) if "slot" in line]
    assert {line["slot"]: line["state"] for line in counted} == {
        t.number: t.state.name for t in study.trials if t.state != TrialState.FAIL
    }
    assert n_trials(ledger, SEEN) == 30 - len(by_state[TrialState.FAIL])
    assert len(sharpes_in_errors(ledger, SEEN)) == len(by_state[TrialState.COMPLETE])


def test_sharpe_ratios_are_those_of_the_active_returns_whatever_their_number(short, ledger):
    study = short(n_trials=2)
    moments = [trial.user_attrs[MOMENTS] for trial in study.trials]
    expected = [one["mean"] * (one["count"] - 1) / (one["variance"] * one["count"]) ** 0.5 for one in moments]
    assert sharpes_in_errors(ledger, SEEN) == pytest.approx(expected)


def test_trials_without_moments_count_and_have_no_sharpe_ratio(short, ledger):
    short(runner=ShortTrials(3))
    assert n_trials(ledger, SEEN) == 6
    assert sharpes_in_errors(ledger, SEEN) == []


def test_without_a_ledger_there_were_no_trials_and_none_is_made(ledger):
    assert n_trials(ledger, SEEN) == 0
    assert not ledger.exists()


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({}, 6),
        ({"assets": ["B"]}, 0),
        ({"first": "2021-01-01", "last": "2021-02-01"}, 0),
        ({"first": "2020-12-31", "last": "2021-02-01"}, 6),
    ],
)
def test_trials_count_where_their_bars_overlap_in_time_and_asset(short, ledger, seen, expected):
    short()
    assert n_trials(ledger, {**SEEN, **seen}) == expected


def test_a_deleted_study_stays_counted_and_the_next_one_of_its_name_is_counted_beside_it(short, ledger, storage):
    short()
    delete(StudyRef("study", storage), ledger)
    short(n_trials=4)
    assert n_trials(ledger, SEEN) == 10
    assert len({line["study_id"] for line in headers(ledger)}) == 2


@pytest.mark.parametrize("remove", ["delete", "archive"])
def test_what_no_ledger_had_is_entered_before_a_study_goes(storage, ledger, remove, tmp_path):
    short_search("study", ShortTrials(2), n_trials=3).run(storage)
    assert not ledger.exists()
    ref = StudyRef("study", storage)
    if remove == "delete":
        delete(ref, ledger)
    else:
        archive(ref, tmp_path / "archive", ledger)
    assert n_trials(ledger, SEEN) == 3


def test_a_study_that_cannot_be_counted_is_not_deleted(short, storage, tmp_path):
    short()
    with pytest.raises(StorageError, match=r"The trial ledger .* must be writable, got Is a directory"):
        delete(StudyRef("study", storage), tmp_path)
    assert len(StudyRef("study", storage).open().trials) == 6


def test_a_search_whose_ledger_cannot_be_written_ends_with_a_message_and_keeps_what_is_finished(
    storage, ledger, tmp_path, monkeypatch
):
    short_search("study", ShortTrials(2), n_trials=3).run(storage, ledger)
    monkeypatch.setattr(upkeep, "EVERY_S", 0.0)
    with pytest.raises(StorageError, match="finished trials are kept, and the same command goes on"):
        short_search("study", ShortTrials(2), n_trials=300).run(storage, tmp_path)
    study = StudyRef("study", storage).open()
    assert not [trial for trial in study.trials if trial.state == TrialState.RUNNING]
    assert 3 <= sum(trial.state == TrialState.COMPLETE for trial in study.trials) < 300
    done = len(slots(ledger))
    short_search("study", ShortTrials(2), n_trials=3).run(storage, ledger)  # catches up with what was not entered
    assert done == 3
    assert len(slots(ledger)) == sum(trial.state == TrialState.COMPLETE for trial in study.trials)


def test_half_a_last_line_is_replaced_and_a_damaged_one_is_refused(short, ledger):
    study = short()
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:-9])
    enter(ledger, study)
    assert ledger.read_bytes() == whole
    ledger.write_bytes(b"{nonsense\n" + whole)
    with pytest.raises(DamagedFileError, match="Line 1"):
        enter(ledger, study)


def test_a_study_of_another_program_is_not_counted(ledger, storage):
    import optuna

    study = optuna.create_study(storage=storage.open(), study_name="theirs")
    study.add_trial(optuna.trial.create_trial(value=1.0, user_attrs={"slot": 0}))
    enter(ledger, study)
    assert not ledger.exists()
    assert not knows(ledger, study)


# --- real processes ---


@pytest.mark.slow
@pytest.mark.parametrize(
    "either_storage",
    [
        pytest.param("sqlite", marks=pytest.mark.long(part="faults")),
        pytest.param("postgresql", marks=pytest.mark.long(part="postgresql")),
    ],
    indirect=True,
)
def test_a_search_killed_twice_and_resumed_counts_each_trial_once(either_storage, start_short_search, ledger):
    arguments = ["--n-trials", "8", "--seconds", "0.3", "--bars", "40", "--ledger", str(ledger)]
    for wanted in (2, 5):
        process = start_short_search(either_storage, *arguments)
        wait_until(lambda: ended(either_storage) >= wanted)  # noqa: B023 - at once
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert ended(either_storage) < 8
    last = start_short_search(either_storage, *arguments)
    said = last.communicate(timeout=300)[1]
    assert last.returncode == 0, said
    assert sorted(slot for _, slot in slots(ledger)) == list(range(8))
    assert len(headers(ledger)) == 1


def ended(storage):
    try:
        study = StudyRef("study", storage).open()
    except StorageError:
        return 0
    return sum(trial.state == TrialState.COMPLETE for trial in study.get_trials(deepcopy=False))


@pytest.mark.slow
def test_an_interrupted_search_has_entered_what_it_has_finished(storage, start_short_search, ledger):
    process = start_short_search(storage, "--n-trials", "60", "--seconds", "0.3", "--ledger", str(ledger))
    wait_until(lambda: ended(storage) >= 3)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 130, said
    assert len(slots(ledger)) == ended(storage) >= 3


@pytest.mark.slow
@pytest.mark.long(part="faults")
def test_an_interrupted_trial_that_had_reported_counts_before_its_study_is_deleted(storage, start_short_search, ledger):
    process = start_short_search(storage, "--n-trials", "2", "--seconds", "20", "--ledger", str(ledger))

    def has_reported():
        ref = StudyRef("study", storage).if_there()
        return ref.skipped is None and any(trial.intermediate_values for trial in ref.open().trials)

    wait_until(has_reported)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 130, said
    assert not ledger.exists() or slots(ledger) == []
    delete(StudyRef("study", storage), ledger)
    (trial,) = [line for line in lines(ledger) if "slot" in line]
    assert (trial["slot"], trial["complete"], trial["value"] is None) == (0, False, False)


@pytest.mark.slow
def test_two_searches_beside_each_other_share_a_ledger(tmp_path, start_short_search, ledger):
    databases = [StudyStorage(f"sqlite:///{tmp_path / name}.db") for name in ("one", "two")]
    arguments = ["--n-trials", "40", "--reports", "2", "--ledger", str(ledger)]
    started = [start_short_search(database, *arguments) for database in databases]
    for process in started:
        said = process.communicate(timeout=300)[1]
        assert process.returncode == 0, said
    ids = {StudyRef("study", database).open().user_attrs["study_id"] for database in databases}
    assert {line["study_id"] for line in headers(ledger)} == ids
    assert sorted(slots(ledger)) == sorted((study_id, slot) for study_id in ids for slot in range(40))


# --- a real study ---


def test_a_holdout_whose_bars_were_validation_bars_of_a_study_is_recognised_under_other_names_too(
    search, panel_file, ledger
):
    study = StudyRef("study", search(n_trials=2)).open()
    enter(ledger, study)
    (header,) = headers(ledger)
    panel = open_panel(panel_file)
    moment = panel.timestamps[panel.bar]
    validated = np.flatnonzero((moment >= header["first"]) & (moment <= header["last"]))
    assert header["bars"] > 100
    found = {
        "study_id": header["study_id"],
        "study_name": "study",
        "first": header["first"],
        "last": header["last"],
        "trials": 2,
    }
    assert searched_on(ledger, panel, validated) == [found]
    renamed = replace(panel, assets=("X", "Y", "Z"))
    assert searched_on(ledger, renamed, validated) == [found]
    after = np.flatnonzero(moment > header["last"])
    assert len(after) > 50
    assert searched_on(ledger, panel, after) == []
    other = panel_of(2, 600, seed=5, start="2015-01-01", assets=("X", "Y"))
    assert searched_on(ledger, other, np.arange(other.n_rows)) == []


def test_a_trial_that_came_to_some_folds_counts_on_their_bars_alone(search, ledger):
    study = StudyRef("study", search(n_trials=2, fold_order="sequential")).open()
    enter(ledger, study)
    (header,) = headers(ledger)
    (_, end), (start, last) = header["folds"].values()
    assert (end < start, header["last"]) == (True, last)
    text = ledger.read_text().replace('"slot": 1', '"slot": 1, "was": 1')
    pruned = [json.loads(line) for line in text.splitlines()]
    for line in pruned:
        if line.get("slot") == 1:
            line |= {"state": "PRUNED", "complete": False, "folds": [0]}
    ledger.write_text("".join(json.dumps(line) + "\n" for line in pruned))
    seen = {"assets": header["assets"], "marks": []}
    assert n_trials(ledger, {**seen, "first": header["first"], "last": end}) == 2
    assert n_trials(ledger, {**seen, "first": start, "last": last}) == 1
    assert len(sharpes_in_errors(ledger, {**seen, "first": header["first"], "last": last})) == 1


def test_a_study_of_an_earlier_version_counts_on_all_bars_that_it_has_seen(search, ledger):
    study = StudyRef("study", search(n_trials=1)).open()
    engine, _ = place_of(study)
    with engine.begin() as connection:
        connection.exec_driver_sql("delete from study_payloads")
    enter(ledger, study)
    (header,) = headers(ledger)
    made_under = study.user_attrs["fingerprint"]
    assert (header["first"], header["last"]) == (made_under["data"]["first"], made_under["searched_until"])
    assert n_trials(ledger, {**SEEN, "assets": ["A0"], "first": header["last"], "last": "2100-01-01"}) == 1


def test_bars_that_were_seen_are_described_by_assets_moments_and_marks(panel_file):
    panel = open_panel(panel_file)
    rows = np.flatnonzero((panel.asset == 1) & (panel.bar < 90) & panel.labelled)
    seen = seen_bars(panel, rows)
    assert seen["assets"] == ["A1"]
    assert (seen["first"], seen["last"]) == tuple(panel.timestamps[[0, 89]].map(lambda at: at.isoformat()))
    assert len(seen["marks"]) == 64
