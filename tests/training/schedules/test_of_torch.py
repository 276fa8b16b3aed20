"""Schedules beside torch's own, epoch by epoch or batch by batch."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import SGD
from torch.optim import lr_scheduler as of_torch

from trading_hpo.training.schedules.constant import Constant
from trading_hpo.training.schedules.cosine import Cosine
from trading_hpo.training.schedules.cosine_restarts import CosineRestarts
from trading_hpo.training.schedules.cyclical import Cyclical
from trading_hpo.training.schedules.exponential import Exponential
from trading_hpo.training.schedules.multi_phase import MultiPhase
from trading_hpo.training.schedules.one_cycle import OneCycle
from trading_hpo.training.schedules.plateau import Plateau
from trading_hpo.training.schedules.schedule import WARMUP_FROM, Schedule

EPOCHS, BATCHES = 24, 6
STEPS = EPOCHS * BATCHES


def optimizer(learning_rate: float = 1.0) -> SGD:
    return SGD([torch.nn.Parameter(torch.zeros(1))], lr=learning_rate)


def theirs(make: Callable[[SGD], of_torch.LRScheduler], steps: int = STEPS, learning_rate: float = 1.0) -> list[float]:
    """Learning rates that torch gives to each step."""
    moved, rates = optimizer(learning_rate), []
    scheduler = make(moved)
    for _ in range(steps):
        rates.append(moved.param_groups[0]["lr"])
        moved.step()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SequentialLR uses what torch itself advises against
            scheduler.step()
    return rates


def ours(schedule: Schedule) -> list[float]:
    return [schedule.with_warmup(step / BATCHES, EPOCHS, ()) for step in range(STEPS)]


@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_cosine(floor: float) -> None:
    expected = theirs(lambda moved: of_torch.CosineAnnealingLR(moved, T_max=STEPS, eta_min=floor))
    np.testing.assert_allclose(ours(Cosine(lr_floor=floor)), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("first", "growth"), [(3, 1), (3, 2), (1, 3), (24, 2)])
def test_cosine_restarts_without_decay(first: int, growth: int) -> None:
    expected = theirs(
        lambda moved: of_torch.CosineAnnealingWarmRestarts(moved, T_0=first * BATCHES, T_mult=growth, eta_min=0.05)
    )
    schedule = CosineRestarts(restart_epochs=first, restart_growth=growth, restart_decay=1, lr_floor=0.05)
    np.testing.assert_allclose(ours(schedule), expected, rtol=1e-9)


def test_cosine_restarts_with_peaks_that_decay_are_one_cosine_after_another() -> None:
    """torch's own chain of restarts and decay comes back to the same peak again and again."""

    def cycle(peak: float, epochs: int) -> list[float]:
        steps = epochs * BATCHES
        return theirs(lambda moved: of_torch.CosineAnnealingLR(moved, T_max=steps, eta_min=0.05), steps, peak)

    expected = [*cycle(1.0, 3), *cycle(0.5, 6), *cycle(0.25, 12), *cycle(0.125, 24)][:STEPS]
    schedule = CosineRestarts(restart_epochs=3, restart_growth=2, restart_decay=0.5, lr_floor=0.05)
    np.testing.assert_allclose(ours(schedule), expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("shape", "mode"), [("triangular", "triangular"), ("triangular2", "triangular2"), ("exponential", "exp_range")]
)
def test_cyclical(shape: str, mode: str) -> None:
    expected = theirs(
        lambda moved: of_torch.CyclicLR(
            moved,
            base_lr=0.2,
            max_lr=1.0,
            step_size_up=2 * BATCHES,
            mode=mode,
            gamma=0.9 ** (1 / BATCHES),
            cycle_momentum=False,
        )
    )
    schedule = Cyclical(cycle_epochs=4, cycle_shape=shape, cycle_decay=0.9, lr_floor=0.2)
    np.testing.assert_allclose(ours(schedule), expected, rtol=1e-9)


@pytest.mark.parametrize("rise", [0.25, 0.3, 0.7])
def test_one_cycle(rise: float) -> None:
    """torch's last step is at the very end; ours is one batch before, so torch is given one step more."""
    expected = theirs(
        lambda moved: of_torch.OneCycleLR(
            moved,
            max_lr=1.0,
            total_steps=STEPS + 1,
            pct_start=(rise * STEPS + 1) / (STEPS + 1),
            div_factor=1 / 0.05,
            final_div_factor=0.05 / 1e-3,
            cycle_momentum=False,
        )
    )
    schedule = OneCycle(one_cycle_rise=rise, one_cycle_start=0.05, one_cycle_end=1e-3)
    np.testing.assert_allclose(ours(schedule), expected, rtol=1e-9)


def test_exponential() -> None:
    expected = theirs(lambda moved: of_torch.ExponentialLR(moved, gamma=0.9), EPOCHS)
    found = [Exponential(exponential_decay=0.9).factor(epoch, EPOCHS, ()) for epoch in range(EPOCHS)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@given(
    scores=st.lists(st.floats(-2, 2, width=16) | st.just(-np.inf), max_size=20),
    factor=st.sampled_from([0.1, 0.5, 0.9]),
    patience=st.integers(0, 4),
    threshold=st.sampled_from([0.0, 0.25]),
    floor=st.sampled_from([0.0, 0.2]),
)
def test_plateau(scores: list[float], factor: float, patience: int, threshold: float, floor: float) -> None:
    moved = optimizer()
    scheduler = of_torch.ReduceLROnPlateau(
        moved, "max", factor, patience, threshold=threshold, threshold_mode="abs", min_lr=floor, eps=0
    )
    schedule = Plateau(plateau_factor=factor, plateau_patience=patience, plateau_threshold=threshold, lr_floor=floor)
    for passed in range(len(scores)):
        assert schedule.factor(passed, 20, scores[:passed]) == pytest.approx(moved.param_groups[0]["lr"], rel=1e-12)
        scheduler.step(scores[passed])


@pytest.mark.parametrize("schedule", [Constant(warmup_epochs=4), Cosine(warmup_epochs=4)], ids=lambda one: one.name)
def test_a_warm_up_before_another(schedule: Schedule) -> None:
    def make(moved: SGD) -> of_torch.LRScheduler:
        rise = of_torch.LinearLR(moved, start_factor=WARMUP_FROM, total_iters=4 * BATCHES)
        cosine = of_torch.CosineAnnealingLR(moved, T_max=STEPS - 4 * BATCHES)
        after = cosine if schedule.name == "cosine" else of_torch.ConstantLR(moved, factor=1.0)
        return of_torch.SequentialLR(moved, [rise, after], milestones=[4 * BATCHES])

    np.testing.assert_allclose(ours(schedule), theirs(make), rtol=1e-9, atol=1e-12)


def test_phases_one_after_another() -> None:
    def make(moved: SGD) -> of_torch.LRScheduler:
        first = of_torch.ConstantLR(moved, factor=0.5, total_iters=STEPS)
        second = of_torch.CosineAnnealingLR(moved, T_max=10 * BATCHES)
        return of_torch.SequentialLR(moved, [first, second], milestones=[14 * BATCHES])

    schedule = MultiPhase(phases=[{"epochs": 14, "share": 0.5}, {"epochs": 10, "kind": "cosine"}])
    np.testing.assert_allclose(ours(schedule), theirs(make), rtol=1e-9, atol=1e-12)
