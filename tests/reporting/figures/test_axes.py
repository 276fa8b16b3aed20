"""Ticks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.reporting.figures.axes import MOST_TICKS, linear_ticks, log_ticks, nice_step, tick_text, whole_axis


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_whole_axes_have_a_few_whole_ticks_and_room_for_every_value(values):
    axis = whole_axis(values)
    low, high = axis["range"]
    assert axis["dtick"] == int(axis["dtick"]) >= 1
    assert low < min(values) <= max(values) < high
    ticks = [n * axis["dtick"] for n in range(int(low // axis["dtick"]) + 1, int(high // axis["dtick"]) + 1)]
    assert len(ticks) <= MOST_TICKS + 2
    assert all(tick >= 0 for tick in ticks)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 8))
def test_linear_ticks_lie_between_the_ends_and_are_few(low, span, most):
    high = low + span
    ticks = linear_ticks(low, high, most=most)
    assert 1 <= len(ticks) <= most + 1
    slack = 1e-5 * max(abs(low), abs(high), span)
    assert all(low - slack <= tick <= high + slack for tick in ticks)


@given(st.floats(1e-9, 1e9), st.floats(1, 1e9))
def test_log_ticks_lie_between_the_ends_and_are_few(low, factor):
    ticks = log_ticks(low, low * factor, most=4)
    assert 1 <= len(ticks) <= 4
    assert ticks == sorted(ticks)
    assert all(low * 0.999 <= tick <= low * factor * 1.001 for tick in ticks)


@pytest.mark.parametrize(
    ("low", "high", "whole", "ticks"),
    [
        (1e-5, 1e-1, False, [1e-5, 1e-3, 1e-1]),
        (0.02, 0.3, False, [0.02, 0.1]),
        (8, 512, True, [10, 50, 200]),
        (3, 4, True, [3, 4]),
        (7, 7, True, [7]),
    ],
)
def test_log_ticks_by_example(low, high, whole, ticks):
    assert log_ticks(low, high, whole=whole, most=3) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("low", "high", "ticks"), [(1, 3, [1, 2, 3]), (1, 1, [1]), (0, 9, [0, 5]), (8, 64, [20, 40, 60])]
)
def test_whole_linear_ticks_by_example(low, high, ticks):
    assert linear_ticks(low, high, whole=True, most=3) == ticks


def test_steps_are_one_two_or_five_times_a_power_of_ten():
    assert {float(f"{nice_step(0, span):.0e}".split("e")[0]) for span in range(1, 2000, 7)} <= {1, 2, 5}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1e-6, "1e-6"),
        (-3e-4, "-3e-4"),
        (2.5e-5, "2.5e-5"),
        (0.001, "0.001"),
        (0.25, "0.25"),
        (512, "512"),
        (2e6, "2e6"),
    ],
)
def test_numbers_at_ticks_are_short(value, text):
    assert tick_text(value) == text
