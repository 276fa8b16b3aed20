"""The replay of a pruned search, beside a real one; and what is made of it, on curves that are counted by hand."""

import math

import pytest
from benchmarks.curves import Curve, curves_of
from benchmarks.pruning import HYPERBAND, Run, epochs_to, n_top, replay, saving
from optuna.trial import TrialState

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.market.panel import open_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.search import Search
from trading_hpo.study.search_spaces import SearchSpacesConfig, resolve_space
from trading_hpo.tasks.direction import Direction
from trading_hpo.training.config import TrainingConfig

SPACES = SearchSpacesConfig(
    common={
        "learning_rate": {"type": "float", "low": 1e-5, "high": 1e-1, "log": True},
        "early_stopping_patience": {"type": "int", "low": 1, "high": 4},  # some folds end before the others
    },
    mlp={"hidden_dim_1": {"type": "int", "low": 4, "high": 16}},
)
TRAINING = TrainingConfig(epochs=9, window_bars=2, max_windows_per_epoch=128)


def curve(slot, value, epochs=(4, 4), by_epoch=None):
    return Curve(slot, {}, by_epoch or {}, value, [{"epochs": epochs_of_fold} for epochs_of_fold in epochs])


@pytest.fixture
def search(panel_file, tmp_path):
    panel = open_panel(panel_file)
    split = build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())

    def run(pruner):
        hpo = HpoConfig(n_trials=14, workers=1, sampler="random", pruner=pruner, seed=3)
        storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
        name = f"{hpo.pruner.name}.mlp"
        Search.of("mlp", name, panel, split, SPACES, TRAINING, BacktestConfig(), hpo).run(storage)
        return StudyRef(name, storage).open()

    return run


@pytest.mark.slow
def test_a_replay_prunes_what_a_real_search_with_one_worker_prunes(search):
    hpo = HpoConfig(n_trials=14, sampler="random", pruner=HYPERBAND, seed=3).for_task(Direction())
    space = resolve_space(SPACES, hpo.custom_search_spaces, "mlp", TRAINING, "class")
    replayed = replay(curves_of(search("none")), hpo, space, TRAINING.epochs)
    real = search(HYPERBAND).get_trials(deepcopy=False)
    assert [run.curve.parameters for run in replayed] == [trial.params for trial in real]
    pruned = [trial.last_step if trial.state == TrialState.PRUNED else None for trial in real]
    assert [run.pruned_at for run in replayed] == pruned
    assert 0 < sum(epoch is not None for epoch in pruned) < len(pruned)  # otherwise nothing was compared
    assert [run.epochs for run in replayed] == [trial.user_attrs["cost"]["epochs"] for trial in real]
    with pytest.raises(RuntimeError, match="are not"):
        curves_of(search(HYPERBAND))


def test_a_fold_that_has_stopped_costs_no_more_epochs():
    assert [curve(0, 0.1, epochs=(2, 5)).epochs_by(epoch) for epoch in (1, 2, 3, 5)] == [2, 4, 5, 7]


def test_epochs_are_counted_to_the_first_complete_trial_within_a_percent():
    runs = [Run(curve(0, 0.50), None), Run(curve(1, 0.999), 1), Run(curve(2, 0.995), None), Run(curve(3, 1.0), None)]
    assert epochs_to(0.99, runs) == 8 + 2 + 8
    assert epochs_to(1.01, runs) == math.inf
    found = saving(runs)
    assert found.to_goal == 18 / 16  # not pruned, the second trial would have been enough
    assert found.in_all == 26 / 32
    assert found.top_cut == 0
    assert found.gain == pytest.approx(1.0 - 0.999)  # 26 epochs are enough for three trials to their end


def test_a_search_whose_best_were_all_cut_never_gets_there():
    found = saving([Run(curve(0, 0.5), None), Run(curve(1, 1.0), 1)])
    assert (found.to_goal, found.top_cut) == (math.inf, 1)


@pytest.mark.parametrize(("n_trials", "n"), [(1, 1), (10, 1), (40, 2), (100, 5)])
def test_the_top_are_five_percent_and_at_least_one(n_trials, n):
    assert n_top(n_trials) == n


def test_other_parameters_than_the_curves_are_refused():
    space = SPACES.common
    with pytest.raises(RuntimeError, match="slot 0 must try the same parameters"):
        replay([curve(0, 0.1, by_epoch={1: 0.1})], HpoConfig(sampler="random").for_task(Direction()), space, 9)
