"""A trial on the folds of every splitter: what it is worth, what it leaves, and that it may stop between folds."""

import numpy as np
import pytest
from optuna.trial import TrialState
from tests.study.conftest import SPACES, TRAINING

from trading_hpo.analysis.kept_trials import kept_trials, tried_on
from trading_hpo.analysis.validation_tests import validation_tests
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.candidate import Candidate
from trading_hpo.engine.store.optuna_tables import place_of
from trading_hpo.engine.trial_record import BLOCK_SCORES, FOLDS, METRICS, MOMENTS
from trading_hpo.market.panel import open_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.splits.paths import mean_over_paths
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.study.conditions import Conditions
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.evaluation import make_evaluator
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.returns_table import trial_series
from trading_hpo.study.search import Search
from trading_hpo.study.trial_returns import decode
from trading_hpo.study.validation import kept_constant

N_FOLDS = {"walk_forward": 4, "blocked": 3, "purged_kfold": 4, "combinatorial": 15}
PARAMETERS = {"learning_rate": 0.01, "batch_size": 32, "hidden_dim_1": 8, "hidden_dim_2": 8}
each_splitter = pytest.mark.parametrize("scheme", SPLITTERS)


def folds_of(scheme):
    return FoldsConfig(scheme=scheme, n_folds=N_FOLDS[scheme], embargo_bars=2, min_role_bars=5)


def ended(panel_file, scheme, fold_order):
    """The last report of a trial, and the folds."""
    panel = open_panel(panel_file)
    split = build_split(panel, folds_of(scheme), HoldoutConfig())
    hpo = HpoConfig(n_trials=1, workers=1, pruner="none", fold_order=fold_order)
    asked = Search.of("mlp", "study", panel, split, SPACES, TRAINING, BacktestConfig(), hpo)
    *_, report = make_evaluator(asked.task, asked.panel_path).evaluate(Candidate(0, PARAMETERS), lambda: False)
    return report.last(), split, panel


@each_splitter
def test_a_trial_is_worth_the_mean_over_paths_whether_its_folds_are_trained_side_by_side_or_in_turn(panel_file, scheme):
    (one, split, _), (other, *_) = (ended(panel_file, scheme, order) for order in ("lockstep", "sequential"))
    of_folds = [fold["metrics"]["mcc"] for fold in one.record[FOLDS]]
    assert len(of_folds) == N_FOLDS[scheme]
    assert one.values == (mean_over_paths(of_folds, [fold.paths for fold in split.folds]),) == other.values
    assert one.payload == other.payload
    for name in (METRICS, MOMENTS, BLOCK_SCORES):
        assert one.record[name] == other.record[name]


@each_splitter
def test_it_leaves_a_series_for_each_path_and_no_bar_counts_twice(panel_file, scheme):
    report, split, panel = ended(panel_file, scheme, "lockstep")
    series = {int(path): decode(data) for path, data in report.payload.items()}
    ranges = [part for fold in split.folds for part in zip(fold.paths, fold.validation, strict=True)]
    assert sorted(series) == sorted({path for path, _ in ranges})
    for path, own in series.items():
        validated = np.concatenate([part.bars() for number, part in ranges if number == path])
        traded = np.intersect1d(validated, panel.bar[panel.windowed_rows((split.search,), 2)])
        assert own.bars.tolist() == traded.tolist()
    different = len(np.unique(np.concatenate([own.bars for own in series.values()])))
    assert report.record[MOMENTS]["count"] == different
    blocks = report.record[BLOCK_SCORES]
    assert blocks["folds"] == (6 if scheme == "combinatorial" else N_FOLDS[scheme])
    assert len(blocks["excess"]) == {"combinatorial": 48, "blocked": 24}.get(scheme, 32)


@each_splitter
def test_a_bad_configuration_stops_between_folds(search, scheme):
    pruner = {"name": "wilcoxon", "p_threshold": 0.45, "n_startup_folds": 1}
    storage = search(folds=folds_of(scheme), n_trials=8, fold_order="sequential", sampler="random", pruner=pruner)
    trials = StudyRef("study", storage).open().trials
    pruned = [trial for trial in trials if trial.state == TrialState.PRUNED]
    assert pruned
    for trial in pruned:
        assert len(trial.user_attrs[FOLDS]) == len(trial.intermediate_values) < N_FOLDS[scheme]
        assert BLOCK_SCORES not in trial.user_attrs


def test_several_paths_go_through_the_study_into_the_tests_of_luck(search, tmp_path):
    storage = search(folds=folds_of("combinatorial"), n_trials=4, sampler="random")
    study = StudyRef("study", storage).open()
    assert (
        sorted({path for _, path, _ in trial_series(study)})
        == sorted(kept_constant(*place_of(study)))
        == [0, 1, 2, 3, 4]
    )
    split = Conditions("study", conditions_of(study)).split
    assert [fold.paths for fold in split.folds][:3] == [(0, 0), (1, 0), (2, 0)]
    chosen = {"mlp": ("study", study.best_trial.number)}
    kept = kept_trials([study], chosen.values())
    found = validation_tests(kept, chosen, tried_on(kept.values(), tmp_path / "ledger.json"))["mlp"]
    assert found["forecast"]["blocks"] == 48
    assert found["forecast"]["n_series"] == found["money"]["n_series"] == 4
    own = np.array(study.best_trial.user_attrs[BLOCK_SCORES]["excess"])
    assert found["forecast"]["standard_error"] == pytest.approx(own.std(ddof=1) / np.sqrt(48 - 6))
