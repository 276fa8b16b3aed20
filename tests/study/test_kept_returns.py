"""Returns of trials in a study's database: written by a search, moved, deleted, read back."""

import pickle
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
import pyarrow as pa
import pytest
from benchmarks.short_trials import ShortTrials, short_search
from optuna.trial import TrialState
from tests.study.conftest import SPACES, TRAINING

from trading_hpo.analysis.holdout import baselines
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.candidate import Candidate
from trading_hpo.engine.store.optuna_tables import place_of
from trading_hpo.engine.store.payloads import payload_sizes, study_payload, trial_payloads
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.trial_record import FOLDS, MOMENTS, REGIMES
from trading_hpo.errors import ConfigurationError, DamagedStudyError, StorageError
from trading_hpo.families.judgement import constant_forecast, judge
from trading_hpo.market.panel import open_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study import thinning
from trading_hpo.study.catalogue import archive, delete
from trading_hpo.study.conditions import Conditions
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.evaluation import make_evaluator
from trading_hpo.study.export import export_returns
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.results import model_results
from trading_hpo.study.returns_table import returns_tables, trial_series
from trading_hpo.study.search import Search
from trading_hpo.study.trial_returns import active_returns, decode, moments
from trading_hpo.study.validation import fold_rows, kept_constant, kept_constant_metrics, kept_facts


def open_study(storage, name="study"):
    return StudyRef(name, storage).open()


def table(study):
    return pa.concat_tables(returns_tables(study)).to_pandas()


def kept(study):
    return list(trial_payloads(*place_of(study)))


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """Where the study of ``finished`` stays."""
    return tmp_path_factory.mktemp("finished") / "studies.db"


@pytest.fixture
def finished(search, once, tmp_path):
    """A study of three trials that is searched once for all tests of this file; each has a copy."""
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    if not once.exists():
        search(n_trials=3)
        _copy(storage.sqlite_path, once)
    else:
        _copy(once, storage.sqlite_path)
    return storage


def _copy(path, to):
    with closing(sqlite3.connect(path)) as whole, closing(sqlite3.connect(to)) as copy:
        whole.backup(copy)


@pytest.fixture
def planned(panel_file):
    """The search that ``search`` makes, not run; keyword arguments choose the folds."""

    def plan(training=TRAINING, **folds):
        panel = open_panel(panel_file)
        split = build_split(panel, FoldsConfig(**{"n_folds": 2, "embargo_bars": 2, **folds}), HoldoutConfig())
        hpo = HpoConfig(n_trials=3, workers=1, pruner="none")
        return Search.of("mlp", "study", panel, split, SPACES, training, BacktestConfig(), hpo), panel, split

    return plan


def test_every_finished_trial_leaves_its_series_and_the_moments_of_its_active_returns(finished):
    study = open_study(finished)
    constant = kept_constant(*place_of(study))
    series = {number: {path: one} for number, path, one in trial_series(study)}
    assert sorted(series) == [0, 1, 2]
    for trial in study.trials:
        expected = moments(active_returns(series[trial.number], constant))
        found = trial.user_attrs[MOMENTS]
        assert found["count"] == len(series[trial.number][0].bars) > 100
        for name in ("mean", "variance", "skewness", "kurtosis"):
            assert found[name] == pytest.approx(expected[name], rel=1e-3, abs=1e-9)  # of rounded returns
        assert "returns" not in trial.user_attrs[FOLDS][0]


def test_every_finished_trial_keeps_its_scores_by_regime_and_the_results_of_the_best_have_them(finished):
    study = open_study(finished)
    kept = [trial.user_attrs[REGIMES] for trial in study.trials]
    assert [len(own["scores"]) for own in kept] == [5, 5, 5]
    best = model_results(study, "mlp", "here")["best"]
    assert best["regimes"] == kept[best["trial_number"]]


def test_the_exported_returns_of_the_best_trial_are_those_that_its_evaluation_gives(finished, planned, tmp_path):
    study = open_study(finished)
    export_returns(study, tmp_path / "out" / "returns.parquet")
    exported = pd.read_parquet(tmp_path / "out" / "returns.parquet")
    assert not list((tmp_path / "out").glob("*.part"))
    assert list(exported) == ["trial", "path", "bar", "timestamp", "net_return", "exposure"]
    best, (asked, panel, _) = study.best_trial, planned()
    *_, outcome = make_evaluator(asked.task, asked.panel_path).outcomes(best.params, lambda: False)
    found = exported[exported["trial"] == best.number]
    net = np.concatenate([score.returns for score in outcome.scores])
    bars = np.concatenate([score.bars for score in outcome.scores])
    assert found["bar"].tolist() == bars.tolist()
    assert found["net_return"].tolist() == net.astype("float32").tolist()
    assert found["timestamp"].tolist() == panel.timestamps[bars].tolist()
    exposure = np.concatenate([np.full(len(score.bars), score.exposure.mean()) for score in outcome.scores])
    assert found["exposure"].tolist() == pytest.approx(exposure.tolist())


def test_the_constant_forecast_stands_among_them_per_unit_of_its_exposure(finished, planned):
    lines = table(open_study(finished))
    found = lines[lines["trial"] == -1]
    asked, panel, split = planned()
    expected = []
    for number, rows in fold_rows(panel, split, asked.task.longest_window).items():
        always = constant_forecast(panel, rows.validation, rows.train)
        judged = judge(panel, rows.validation, *always, BacktestConfig(), ranges=rows.validation_ranges)
        held = judged.exposure.mean()
        assert number in (0, 1)
        expected += (judged.returns / held if held else 0 * judged.returns).tolist()
    assert found["net_return"].tolist() == pytest.approx(expected, abs=1e-6)


def test_with_several_paths_each_has_its_series_and_the_moments_are_of_both(planned):
    asked, *_ = planned()
    one, two = asked.task.split.folds
    split = replace(asked.task.split, folds=(one, replace(two, paths=(1,))))
    evaluator = make_evaluator(replace(asked.task, split=split), asked.panel_path)
    parameters = {"learning_rate": 0.01, "batch_size": 32, "hidden_dim_1": 8, "hidden_dim_2": 8}
    *_, report = evaluator.evaluate(Candidate(0, parameters), lambda: False)
    ended = report.last()
    bars = {path: set(decode(data).bars.tolist()) for path, data in ended.payload.items()}
    for path, fold in {"0": one, "1": two}.items():
        assert bars[path] <= set(fold.validation[0].bars().tolist())
        assert len(bars[path]) > 50
    assert ended.record[MOMENTS]["count"] == len(bars["0"] | bars["1"])


def test_a_report_on_the_way_carries_no_payload_and_can_be_sent(planned):
    asked, *_ = planned()
    parameters = {"learning_rate": 0.01, "batch_size": 32, "hidden_dim_1": 8, "hidden_dim_2": 8}
    evaluator = make_evaluator(asked.task, asked.panel_path)
    first, *_ = evaluator.evaluate(Candidate(0, parameters), lambda: False)
    sent = pickle.loads(pickle.dumps(first.passing()))
    assert sent == first
    assert sent.payload == {}
    assert MOMENTS not in sent.record


@pytest.mark.parametrize("fold_order", ["lockstep", "sequential"])
def test_a_pruned_trial_leaves_what_it_had_come_to(search, fold_order):
    pruner = {"name": "wilcoxon"} if fold_order == "sequential" else {"name": "median", "n_startup_trials": 1}
    storage = search(n_trials=12, pruner=pruner, fold_order=fold_order, sampler="random")
    study = open_study(storage)
    with_series = {number for number, *_ in kept(study)}
    worth = {trial.number for trial in study.trials if trial.value is not None}
    assert with_series == worth == set(range(12))
    if fold_order == "lockstep":
        assert any(trial.state == TrialState.PRUNED for trial in study.trials)


def test_a_pruned_trial_has_the_payload_of_its_last_report(tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    pruner = {"name": "median", "n_startup_trials": 2, "n_warmup_epochs": 1}
    short_search("study", ShortTrials(6, bars=40), n_trials=20, pruner=pruner).run(storage)
    study = open_study(storage)
    pruned = [trial.number for trial in study.trials if trial.state == TrialState.PRUNED]
    assert pruned
    assert {number for number, *_ in kept(study)} == set(range(20))


def test_a_trial_without_a_value_leaves_none(tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    short_search("study", ShortTrials(2, faulty=0.5, bars=40), n_trials=20).run(storage)
    study = open_study(storage)
    failed = {trial.number for trial in study.trials if trial.state == TrialState.FAIL}
    assert failed
    assert {number for number, *_ in kept(study)} == set(range(20)) - failed


@pytest.mark.long(part="engine")
def test_a_resumed_search_has_the_same_series_as_one_that_never_stopped(search):
    search("resumed", n_trials=2)
    search("resumed", n_trials=4)
    storage = search("whole", n_trials=4)
    assert kept(open_study(storage, "resumed")) == kept(open_study(storage, "whole"))
    ones, others = (study_payload(*place_of(open_study(storage, name))) for name in ("resumed", "whole"))
    assert ones == others


@pytest.mark.long(part="engine")
def test_two_workers_leave_the_series_that_one_leaves(search):
    by_slot = []
    for name, workers in {"one": 1, "two": 2}.items():
        study = open_study(search(name, n_trials=4, sampler="random", workers=workers), name)
        by_slot.append({study.trials[number].user_attrs["slot"]: data for number, _, data in kept(study)})
    assert by_slot[0] == by_slot[1]


def test_an_archived_study_has_all_of_them_and_leaves_none(finished, tmp_path):
    study = open_study(finished)
    before, facts = kept(study), study_payload(*place_of(study))
    archived = open_study(archive(StudyRef("study", finished), tmp_path / "archive"))
    assert kept(archived) == before
    assert study_payload(*place_of(archived)) == facts
    assert kept(study) == []


def test_a_copy_that_lacks_a_series_is_no_archive_and_nothing_is_deleted(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("trading_hpo.study.catalogue.copy_payloads", lambda *_: None)
    with pytest.raises(StorageError, match="nothing was deleted"):
        archive(StudyRef("study", finished), tmp_path / "archive")
    assert len(kept(open_study(finished))) == 3


def test_a_deleted_study_leaves_none_to_the_next_one_of_its_name(search, finished):
    delete(StudyRef("study", finished))
    study = open_study(search(n_trials=1))
    assert {number for number, *_ in kept(study)} == {0}


def test_what_a_study_keeps_of_its_validation_bars_is_written_once(search, finished, monkeypatch):
    facts = kept_facts(*place_of(open_study(finished)))
    assert facts["assets"] == ["A0", "A1", "A2"]
    assert facts["first"] < facts["last"]
    assert len(facts["marks"]) == 64
    monkeypatch.setattr("trading_hpo.study.search.keep_validation", None)  # would raise if it were called
    search(n_trials=4)


def test_a_study_keeps_the_metrics_of_the_constant_forecast(finished, panel_file):
    panel, study = open_panel(panel_file), open_study(finished)
    kept_metrics, conditions = kept_constant_metrics(*place_of(study)), Conditions("study", conditions_of(study))
    expected = baselines(panel, conditions.split, conditions.longest_window, BacktestConfig())
    assert kept_metrics == expected["validation"]["constant_forecast"]
    assert kept_metrics["mcc"] == 0.0
    assert kept_metrics["accuracy"] > 0.4


def test_a_study_of_an_earlier_version_is_given_it_and_keeps_the_series_of_what_is_searched_from_then_on(
    search, finished
):
    engine, _ = place_of(open_study(finished))
    with engine.begin() as connection:
        for name in ("trial_payloads", "study_payloads"):
            connection.exec_driver_sql(f"drop table {name}")
    study = open_study(search(n_trials=4))
    assert {number for number, *_ in kept(study)} == {3}
    assert kept_facts(*place_of(study))


def test_a_study_without_series_says_so_when_they_are_asked_for(tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    short_search("study", ShortTrials(2), n_trials=2).run(storage)
    with pytest.raises(StorageError, match="Study study has no return series"):
        export_returns(open_study(storage), tmp_path / "returns.parquet")
    assert not (tmp_path / "returns.parquet").exists()


def test_returns_go_to_parquet_only(tmp_path):
    with pytest.raises(ConfigurationError, match=r"--to must end in .parquet with --returns, got 'returns.csv'"):
        export_returns(optuna.create_study(), tmp_path / "returns.csv")


def test_a_large_search_is_thinned_when_it_ends(tmp_path, monkeypatch):
    for name, number in {"MANY": 10, "BEST": 2, "SAMPLE": 3}.items():
        monkeypatch.setattr(thinning, name, number)
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    short_search("study", ShortTrials(2, bars=40), n_trials=30).run(storage)
    assert 3 <= len(payload_sizes(*place_of(open_study(storage)))) <= 5


def test_returns_that_were_altered_are_refused_by_trial(finished):
    with closing(sqlite3.connect(finished.sqlite_path)) as connection, connection:
        connection.execute("update trial_payloads set data = X'00' where trial_id = 2")
    with pytest.raises(DamagedStudyError, match=r"trial 1: its returns must be as they were written"):
        list(returns_tables(StudyRef("study", finished).open()))
