from typing import Any

import pytest
from pydantic import ValidationError
from tests.training.schedules.examples import PHASES, WEEK

from trading_hpo.configuration import problems_of
from trading_hpo.training.schedules.cosine import Cosine
from trading_hpo.training.schedules.multi_phase import MultiPhase
from trading_hpo.training.schedules.plateau import Plateau


def problems(**options: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        MultiPhase(**options)
    return problems_of(caught.value, MultiPhase)


def test_each_phase_has_its_own_rate_and_kind() -> None:
    rates = [PHASES.factor(passed, 15, [0.0] * int(passed)) for passed in (0, 1.9, 2, 2.5, 3, 4.5, 6)]
    warmed = Cosine(lr_floor=0.1)
    expected = [0.5, 0.5, 0.1, 0.55, *(warmed.factor(passed, 3, ()) for passed in (0, 1.5)), 0.25]
    assert rates == pytest.approx(expected)


def test_a_phase_sees_the_scores_of_its_own_epochs() -> None:
    two = MultiPhase(phases=[{"epochs": 3}, {"epochs": 9, "kind": {"name": "plateau", "plateau_patience": 0}}])
    worse = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0]
    halved = Plateau(plateau_patience=0)
    assert [two.factor(passed, 12, worse[:passed]) for passed in range(7)] == [1, 1, 1] + [
        halved.factor(passed, 9, worse[3 : 3 + passed]) for passed in range(4)
    ]
    assert two.factor(6, 12, worse) == 0.25


def test_repeated_phases_are_a_cycle() -> None:
    week = [1.0] * 5 + [0.1] * 2
    assert [WEEK.factor(passed, 21, ()) for passed in range(21)] == week * 3
    assert WEEK.factor(7 + 5.5, 21, ()) == 0.1


def test_a_warm_up_goes_before_the_first_phase_alone() -> None:
    warmed = WEEK.model_copy(update={"warmup_epochs": 1})
    assert [warmed.with_warmup(passed, 21, ()) for passed in (0, 1, 6, 8)] == pytest.approx([0.1, 1.0, 0.1, 1.0])
    assert warmed.with_warmup(8, 21, ()) == 1.0  # the second week warms up no more


def test_phases_must_cover_the_epochs() -> None:
    assert list(PHASES.problems(15)) == [] == list(PHASES.problems(9))
    assert list(PHASES.problems(16)) == [
        "phases must cover all 16 epochs, got phases of 15 epochs. Add some, lengthen one, or set repeat."
    ]
    warmed = PHASES.model_copy(update={"warmup_epochs": 2})
    assert list(warmed.problems(17)) == []
    assert list(warmed.problems(18)) == [
        "phases must cover all 16 epochs after the warm-up, got phases of 15 epochs. "
        "Add some, lengthen one, or set repeat."
    ]
    assert list(WEEK.problems(1000)) == []
    assert len(list(MultiPhase().problems(1))) == len(list(MultiPhase(repeat=True).problems(1))) == 1


def test_what_a_phase_cannot_do_is_said_of_that_phase() -> None:
    schedule = MultiPhase(phases=[{"epochs": 9}, {"epochs": 2, "kind": {"name": "cosine", "warmup_epochs": 2}}])
    (problem,) = schedule.problems(9)
    assert problem.startswith("phases.1.kind.warmup_epochs must be below the number of epochs, 2, got 2.")


def test_phases_are_checked_when_they_are_read() -> None:
    phases: list[Any] = [
        {"epochs": 0},
        {"epochs": 1, "share": 0},
        {"epochs": 1, "kind": "cosin"},
        {"epochs": 1, "kind": {"lr_floor": 0.1}},
        {"epochs": 1, "kind": {"name": "cosine", "lr_floor": 2, "floor": 1}},
        {"epochs": 1, "kind": 3},
        {"share": 1},
    ]
    found = problems(phases=phases)
    assert found[:2] == [
        "phases.0.epochs must be greater than or equal to 1, got 0.",
        "phases.1.share must be greater than 0, got 0.",
    ]
    assert found[2].startswith("phases.2.kind: unknown schedule 'cosin'. Did you mean 'cosine'")
    assert found[3].startswith("phases.3.kind.name is missing. ")
    assert found[4:] == [
        "phases.4.kind.lr_floor must be less than or equal to 1, got 2.",
        "phases.4.kind.floor is not a parameter. Did you mean 'lr_floor'?",
        "phases.5.kind must be a mapping, got 3.",
        "phases.6.epochs is missing.",
    ]


def test_phases_read_scores_if_one_of_them_does() -> None:
    assert PHASES.has_feedback
    assert not WEEK.has_feedback
    assert MultiPhase(phases=[{"epochs": 1, "kind": {"name": "multi_phase", "phases": PHASES.phases}}]).has_feedback
