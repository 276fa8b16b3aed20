"""What is known of a trial before its first report: its batches, and what a few of them take."""

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.study.conftest import SPACES, TRAINING

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.candidate import Candidate
from trading_hpo.engine.space import space_from
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.families.registry import MODEL_TYPES, family_of
from trading_hpo.market.panel import open_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study import evaluation, timing
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.evaluation import TrialEvaluator
from trading_hpo.study.place import Place
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.search import Search
from trading_hpo.study.timing import epoch_seconds, middle_of

LATER = tuple(name for name in MODEL_TYPES if name != "mlp")
CANDIDATE = Candidate(0, {"learning_rate": 0.001, "batch_size": 64, "early_stopping_patience": 99})


@pytest.fixture
def search_of(panel_file):
    panel = open_panel(panel_file)
    split = build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())

    def make(place=None, **hpo):
        config = HpoConfig(**{"n_trials": 6, "workers": 1, "pruner": "none", **hpo})
        search = Search.of("mlp", "daily.mlp", panel, split, SPACES, TRAINING, BacktestConfig(), config, None, place)
        return search, TrialEvaluator(search.task, panel)

    return make


@pytest.mark.parametrize("fold_order", ["lockstep", "sequential"])
def test_an_outlook_has_the_steps_of_a_trial_and_counts_its_batches(search_of, fold_order):
    _, evaluator = search_of(fold_order=fold_order)
    outlook, asked, counted = evaluator.outlook(CANDIDATE), 0, []

    def should_stop():
        nonlocal asked
        asked += 1
        return False

    counted.extend(asked for _ in evaluator.evaluate(CANDIDATE, should_stop))
    assert outlook.n_steps == len(counted) == len(outlook.asked)
    assert sum(outlook.asked) == pytest.approx(counted[-1], rel=0.35)
    assert outlook.notes == {}


def test_the_middle_of_a_space_has_only_what_applies():
    space = space_from(
        {
            "rate": {"type": "float", "low": 1e-4, "high": 1e-2, "log": True},
            "loss": {"type": "categorical", "choices": ["mse", "mae", "focal"]},
            "gamma": {"type": "float", "low": 0.0, "high": 1.0, "only_if": {"loss": ["focal"]}},
            "width": {"type": "int", "low": 3, "high": 9},
        }
    )
    assert middle_of(space) == {"rate": 0.001, "loss": "mae", "width": 6}


def test_batches_of_all_model_types_that_follow_are_timed_once(search_of):
    _, evaluator = search_of(Place(1, len(MODEL_TYPES), LATER))
    notes = evaluator.outlook(CANDIDATE).notes
    assert notes.keys() == set(MODEL_TYPES)
    assert all(0 < seconds < 60 for seconds in notes.values())
    assert evaluator.outlook(CANDIDATE).notes == {}


def test_what_is_known_or_needed_by_no_search_is_not_timed(search_of):
    known = dict.fromkeys(MODEL_TYPES, 1.0)
    for place in (None, Place(4, 4), Place(1, 4, LATER, known)):
        search, _ = search_of(place)
        assert search.task.timed == {}


def test_timing_changes_no_trial(search_of):
    """Neither a value nor the random numbers of the process."""
    values = []
    for place in (None, Place(1, 4, LATER)):
        _, evaluator = search_of(place)
        torch.manual_seed(3)
        np.random.seed(3)
        random.seed(3)
        evaluator.outlook(CANDIDATE)
        drawn = torch.rand(1).item(), np.random.rand(), random.random()
        *_, last = evaluator.evaluate(CANDIDATE, lambda: False)
        values.append((drawn, last.values, last.record))
    strip = [
        (drawn, result, {name: record[name] for name in record if name == "metrics"})
        for drawn, result, record in values
    ]
    assert strip[0] == strip[1]


def test_a_model_type_that_cannot_be_timed_costs_no_trial(search_of, monkeypatch):
    def fails(model_type, parameters, data):
        if model_type == "lstm":
            raise RuntimeError
        return 2.0

    monkeypatch.setattr(evaluation, "epoch_seconds", fails)
    _, evaluator = search_of(Place(1, 4, LATER))
    assert evaluator.outlook(CANDIDATE).notes == {name: 2.0 for name in MODEL_TYPES if name != "lstm"}


def test_without_epochs_a_fit_is_shared_among_those_that_others_have(search_of, monkeypatch):
    _, evaluator = search_of()
    family, fitted = family_of("linear"), []

    def fit_fold(parameters, fold, data, shared, should_stop):
        fitted.append(fold)
        yield None

    clock = iter([10.0, 14.0])
    monkeypatch.setattr(family, "fit_fold", fit_fold)
    monkeypatch.setattr(timing.time, "monotonic", lambda: next(clock))
    rows = {number: len(own.train) for number, own in evaluator._data.folds.items()}
    expected = 4.0 * sum(rows.values()) / min(rows.values()) / TRAINING.epochs
    assert epoch_seconds("linear", {"linear_penalty": 0.1}, evaluator._data) == pytest.approx(expected)
    assert fitted == [min(rows, key=rows.get)]


def test_long_batches_are_timed_for_a_limited_time(search_of, monkeypatch):
    _, evaluator = search_of()
    monkeypatch.setattr(timing, "LONGEST_S", 0.0)
    asked = []
    monkeypatch.setattr(timing.time, "monotonic", lambda: asked.append(1) or float(len(asked)))
    batches = sum(evaluator.outlook(CANDIDATE).asked) / TRAINING.epochs
    assert epoch_seconds("mlp", CANDIDATE.parameters, evaluator._data) == pytest.approx(batches), "a second each"
    assert len(asked) == 3  # and once by the training itself


def test_trials_that_later_searches_have_finished_are_not_waited_for(search_of, tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    first, _ = search_of(n_trials=2)
    replace(first, study_name="daily.lstm").run(storage)
    search, _ = search_of(Place(1, 4, LATER), n_trials=3)
    search.open(storage)
    assert search._later(storage.open()) == {name: 1 if name == "lstm" else 3 for name in LATER}
    assert replace(search, phase="explore")._later(storage.open()) == {}
    assert len(StudyRef("daily.lstm", storage).open().trials) == 2
