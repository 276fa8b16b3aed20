import re

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.engine.config import PRUNER_NAMES, PrunerConfig
from trading_hpo.engine.pruners.halving import HyperbandPruner, SuccessiveHalvingPruner
from trading_hpo.engine.pruners.registry import PRUNERS, make_pruner
from trading_hpo.engine.trial_record import SLOT
from trading_hpo.study.config import HpoConfig


def study_of(pruner, direction="maximize"):
    return optuna.create_study(direction=direction, pruner=pruner)


def run(study, slot, curve):
    """Report a curve; return the epoch at which the trial was given up, or none."""
    trial = study.ask()
    trial.set_user_attr(SLOT, slot)
    for epoch, value in enumerate(curve, start=1):
        trial.report(value, epoch)
        if trial.should_prune():
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return epoch
    study.tell(trial, curve[-1])
    return None


@pytest.mark.parametrize("name", [name for name in PRUNERS if name != "none"])
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_every_pruner_gives_up_the_worst_and_keeps_the_best(name, direction):
    sign = 1 if direction == "maximize" else -1
    wrapped = "median" if name == "patient" else None
    config = PrunerConfig(name=name, n_startup_trials=3, wrapped=wrapped, patience=2)
    study = study_of(make_pruner(config, 9), direction)

    def curve(level):
        return [sign * (level - 0.01 * epoch) for epoch in range(9)]  # falling, or no patience would end

    for slot in range(30):
        run(study, slot, curve(slot % 10))
    assert run(study, 30, curve(100)) is None
    assert run(study, 31, curve(-100)) is not None


def test_no_pruner_keeps_everything():
    study = study_of(make_pruner(PrunerConfig(name="none"), 9))
    assert [run(study, slot, [-float(slot)] * 9) for slot in range(10)] == [None] * 10


def test_hyperband_has_the_rungs_of_the_paper():
    pruner = HyperbandPruner(min_epochs=1, max_epochs=81, reduction_factor=3)
    assert [bracket.rungs for bracket in pruner.brackets] == [[1, 3, 9, 27], [3, 9, 27], [9, 27], [27], []]


def test_hyperband_brackets_follow_from_the_slot_alone_in_the_shares_of_the_paper():
    pruner = HyperbandPruner(min_epochs=1, max_epochs=81, reduction_factor=3)
    # Table 1 of the paper starts 81, 34, 15, 8, 5 trials in its five brackets.
    turns = [pruner.bracket(slot) for slot in range(81 + 34 + 15 + 8 + 5)]
    assert [turns.count(bracket) for bracket in range(5)] == [81, 34, 15, 8, 5]
    assert turns == [HyperbandPruner(1, 81, 3).bracket(slot) for slot in range(len(turns))]


def test_hyperband_never_prunes_on_the_last_epoch():
    study = study_of(HyperbandPruner(1, 3, 3))
    for slot in range(12):
        run(study, slot, [1.0, 1.0, 1.0])
    assert run(study, 12, [2.0, 2.0, -9.0]) is None


@given(values=st.lists(st.floats(-1, 1), min_size=4, max_size=25), factor=st.integers(2, 4))
def test_hyperband_keeps_at_least_the_best_seen_so_far(values, factor):
    study = study_of(HyperbandPruner(1, factor * 2, factor))
    best = {}
    for slot, value in enumerate(values):
        bracket = study.pruner.bracket(slot)
        given_up = run(study, slot, [value] * (factor * 2))
        if value > best.get(bracket, -2.0):
            assert given_up is None
            best[bracket] = value


def test_every_pruner_that_can_be_named_is_there():
    assert set(PRUNERS) == set(PRUNER_NAMES)


def test_successive_halving_lets_one_in_so_many_go_on_from_each_rung():
    pruner = SuccessiveHalvingPruner(min_epochs=1, max_epochs=9, reduction_factor=3)
    assert pruner.rungs == [1, 3]
    study = study_of(pruner)
    # From the best to the worst: of nine, three pass the first rung, of those one the second.
    ends = [run(study, slot, [9.0 - slot] * 9) for slot in range(9)]
    assert ends == [None, 1, 1, 1, 1, 1, 1, 1, 1]
    climbing = study_of(SuccessiveHalvingPruner(1, 9, 3))
    assert [run(climbing, slot, [float(slot)] * 9) for slot in range(9)] == [None] * 9  # each the best so far


def test_patience_lets_a_trial_be_until_it_has_been_worse_for_long():
    study = study_of(make_pruner(PrunerConfig(name="patient", patience=2), 9))
    assert run(study, 0, [1, 2, 3, 4, 5, 6]) is None
    assert run(study, 1, [1, 2, 1.9, 1.8, 2.1, 2.0]) is None
    assert run(study, 2, [1, 2, 1.9, 1.8, 1.9, 2.0]) == 5


def test_wilcoxon_gives_up_what_is_worse_on_fold_after_fold_and_not_what_is_worse_on_one():
    study = study_of(make_pruner(PrunerConfig(name="wilcoxon", n_startup_folds=3), 9))
    run(study, 0, [0.5] * 10)
    assert run(study, 1, [0.1 + 0.01 * fold for fold in range(10)]) is not None
    assert run(study, 2, [0.1, *[0.6 + 0.01 * fold for fold in range(9)]]) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pruner": "wilcoxon"}, "fold_order must be sequential with pruner wilcoxon"),
        ({"pruner": "median", "fold_order": "sequential"}, "fold_order must be lockstep with pruner median"),
        ({"pruner": {"name": "median", "wrapped": "hyperband"}}, "wrapped goes with pruner patient only"),
        (
            {"pruner": {"name": "patient", "wrapped": "wilcoxon"}},
            "wrapped must be a pruner over epochs that wraps no other, got 'wilcoxon'",
        ),
        ({"pruner": {"name": "patient", "wrapped": "medina"}}, "Did you mean 'median'?"),
    ],
)
def test_combinations_that_cannot_work_are_refused_with_the_reason(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        HpoConfig(**options)
