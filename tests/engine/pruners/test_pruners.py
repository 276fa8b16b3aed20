import re
from fractions import Fraction
from math import ceil

import optuna
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trading_hpo.engine.pruners.hyperband import HyperbandConfig, HyperbandPruner
from trading_hpo.engine.pruners.median import MedianConfig
from trading_hpo.engine.pruners.patient import PatientConfig
from trading_hpo.engine.pruners.percentile import PercentileConfig
from trading_hpo.engine.pruners.successive_halving import SuccessiveHalvingConfig
from trading_hpo.engine.pruners.wilcoxon import WilcoxonConfig
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


def judged_epochs(pruner, first_step):
    """The epochs after which a hopeless trial would be given up, of twelve; steps count from `first_step`."""
    study = study_of(pruner)
    for _ in range(3):
        study.add_trial(
            optuna.trial.create_trial(value=1.0, intermediate_values=dict.fromkeys(range(14), 1.0), params={})
        )
    trial = study.ask()
    judged = []
    for epoch in range(1, 13):
        trial.report(0.0, epoch - 1 + first_step)
        if trial.should_prune():
            judged.append(epoch)
    return judged


@pytest.mark.parametrize("interval", [1, 3, 5])
@pytest.mark.parametrize("warmup", [0, 1, 4])
@pytest.mark.parametrize(
    ("config", "oracle"),
    [
        (MedianConfig, optuna.pruners.MedianPruner),
        (PercentileConfig, lambda **options: optuna.pruners.PercentilePruner(25.0, **options)),
    ],
)
def test_warm_up_and_interval_are_optunas_which_counts_steps_from_0(config, oracle, warmup, interval):
    ours = config(n_startup_trials=3, n_warmup_epochs=warmup, interval_epochs=interval)
    optunas = oracle(n_startup_trials=3, n_warmup_steps=warmup, interval_steps=interval)
    found = judged_epochs(ours.make(12), first_step=1)
    assert found == judged_epochs(optunas, first_step=0) == list(range(warmup + 1, 13, interval))


def test_hyperband_brackets_follow_from_the_slot_alone_in_the_shares_of_the_paper():
    pruner = HyperbandPruner(min_epochs=1, max_epochs=81, reduction_factor=3)
    # Table 1 of the paper starts 81, 34, 15, 8, 5 trials in its five brackets.
    turns = [pruner.bracket(slot) for slot in range(81 + 34 + 15 + 8 + 5)]
    assert [turns.count(bracket) for bracket in range(5)] == [81, 34, 15, 8, 5]
    assert turns == [HyperbandPruner(1, 81, 3).bracket(slot) for slot in range(len(turns))]


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_hyperband_has_the_brackets_of_the_paper_for_every_maximum_of_epochs(factor):
    for most in range(1, 301):
        for least in (1, 2, 3, 10):
            if least > most:
                continue
            pruner = HyperbandPruner(least, most, factor)
            # Algorithm 1, with R in units of the least epochs, and exact where a logarithm is not.
            s_max = max(s for s in range(10) if least * factor**s <= most)
            rungs = [[int(Fraction(most, factor**up)) for up in range(s, 0, -1)] for s in range(s_max, -1, -1)]
            assert [list(bracket.rungs) for bracket in pruner.brackets] == rungs
            assert all(least <= rung < most for bracket in rungs for rung in bracket)
            assert rungs[-1] == []  # bracket 0 runs all of its trials to the end
            starts = [ceil(Fraction((s_max + 1) * factor**s, s + 1)) for s in range(s_max, -1, -1)]
            turns = [pruner.bracket(slot) for slot in range(sum(starts))]
            assert [turns.count(bracket) for bracket in range(s_max + 1)] == starts


def optunas_hyperband(least, most, factor):
    pruner = optuna.pruners.HyperbandPruner(least, most, factor)
    pruner.prune(optuna.create_study(), optuna.trial.create_trial(value=0.0))
    first = [least * factor**bracket for bracket in range(pruner._n_brackets)]
    return first, pruner._trial_allocation_budgets


@given(factor=st.sampled_from([2, 3, 4]), least=st.integers(1, 10), most=st.integers(1, 300))
def test_optunas_hyperband_has_the_same_brackets_and_prunes_in_the_last_one_too(factor, least, most):
    assume(least <= most)
    pruner, (first, starts) = HyperbandPruner(least, most, factor), optunas_hyperband(least, most, factor)
    if len(first) < len(pruner.brackets):  # its logarithm was a little less than a whole number
        assert first[-1] * factor == most
        return
    turns = [pruner.bracket(slot) for slot in range(sum(starts))]
    assert [turns.count(bracket) for bracket in range(len(starts))] == starts
    if first[-1] == most:
        assert [bracket.rungs[0] for bracket in pruner.brackets[:-1]] == first[:-1]
    else:  # its last bracket judges before the end
        assert first[-1] < most


def test_optuna_counts_a_bracket_too_few_for_243_epochs():
    assert len(optunas_hyperband(1, 243, 3)[0]) == 5
    assert len(HyperbandPruner(1, 243, 3).brackets) == 6


def test_hyperband_says_that_it_prunes_nothing_where_trials_are_too_short_for_a_rung(caplog):
    HyperbandConfig(min_epochs=10, reduction_factor=3).make(30)
    assert not caplog.messages
    HyperbandConfig(min_epochs=10, reduction_factor=3).make(29)
    assert caplog.messages == [
        "pruner hyperband prunes nothing: trials of 29 epochs are shorter than min_epochs times reduction_factor, 30. "
        "Lower min_epochs."
    ]


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


def test_successive_halving_lets_one_in_so_many_go_on_from_each_rung():
    pruner = SuccessiveHalvingConfig(min_epochs=1, reduction_factor=3).make(9)
    assert pruner.rungs == (1, 3)
    study = study_of(pruner)
    # From the best to the worst: of nine, three pass the first rung, of those one the second.
    ends = [run(study, slot, [9.0 - slot] * 9) for slot in range(9)]
    assert ends == [None, 1, 1, 1, 1, 1, 1, 1, 1]
    climbing = study_of(SuccessiveHalvingConfig(min_epochs=1, reduction_factor=3).make(9))
    assert [run(climbing, slot, [float(slot)] * 9) for slot in range(9)] == [None] * 9  # each the best so far


def test_patience_lets_a_trial_be_until_it_has_been_worse_for_long():
    study = study_of(PatientConfig(patience=2).make(9))
    assert run(study, 0, [1, 2, 3, 4, 5, 6]) is None
    assert run(study, 1, [1, 2, 1.9, 1.8, 2.1, 2.0]) is None
    assert run(study, 2, [1, 2, 1.9, 1.8, 1.9, 2.0]) == 5


def test_wilcoxon_gives_up_what_is_worse_on_fold_after_fold_and_not_what_is_worse_on_one():
    study = study_of(WilcoxonConfig(n_startup_folds=3).make(9))
    run(study, 0, [0.5] * 10)
    assert run(study, 1, [0.1 + 0.01 * fold for fold in range(10)]) is not None
    assert run(study, 2, [0.1, *[0.6 + 0.01 * fold for fold in range(9)]]) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pruner": "wilcoxon"}, "fold_order must be sequential with pruner wilcoxon"),
        ({"pruner": "median", "fold_order": "sequential"}, "fold_order must be lockstep with pruner median"),
        *(
            (
                {"pruner": {"name": "patient", "wrapped": wrapped}},
                f"wrapped must be a pruner over epochs that wraps no other, got '{wrapped}'",
            )
            for wrapped in ("wilcoxon", "none", "patient")
        ),
        ({"pruner": {"name": "patient", "wrapped": "medina"}}, "Did you mean 'median'?"),
    ],
)
def test_combinations_that_cannot_work_are_refused_with_the_reason(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        HpoConfig(**options)
