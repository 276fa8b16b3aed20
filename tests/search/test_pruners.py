import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.search.config import PrunerConfig
from trading_hpo.search.pruners import PRUNERS, SLOT, HyperbandPruner, make_pruner


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
    study = study_of(make_pruner(PrunerConfig(name=name, n_startup_trials=3), 9), direction)
    for slot in range(30):
        run(study, slot, [sign * (slot % 10)] * 9)
    assert run(study, 30, [sign * 100] * 9) is None
    assert run(study, 31, [sign * -100] * 9) is not None


def test_no_pruner_keeps_everything():
    study = study_of(make_pruner(PrunerConfig(name="none"), 9))
    assert [run(study, slot, [-float(slot)] * 9) for slot in range(10)] == [None] * 10


def test_hyperband_has_the_rungs_of_the_paper():
    pruner = HyperbandPruner(min_epochs=1, max_epochs=81, reduction_factor=3)
    assert pruner.rungs == [[1, 3, 9, 27], [3, 9, 27], [9, 27], [27], []]


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
