import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.engine.space import CategoricalParameter, FloatParameter, IntParameter, fits
from trading_hpo.study.narrowing import narrowed

SPACE = {
    "rate": FloatParameter(type="float", low=1e-5, high=1e-2, log=True),
    "drop": FloatParameter(type="float", low=0.1, high=0.5),
    "tenths": FloatParameter(type="float", low=0.1, high=0.9, step=0.1),
    "width": IntParameter(type="int", low=16, high=256),
    "window": IntParameter(type="int", low=10, high=60, step=10),
    "units": IntParameter(type="int", low=1, high=1024, log=True),
    "norm": CategoricalParameter(type="categorical", choices=(True, False)),
}
CONFIGURATIONS = st.fixed_dictionaries(
    {
        "rate": st.floats(1e-5, 1e-2),
        "drop": st.floats(0.1, 0.5),
        "tenths": st.integers(1, 9).map(lambda tenth: tenth / 10),
        "width": st.integers(16, 256),
        "window": st.integers(1, 6).map(lambda ten: 10 * ten),
        "units": st.integers(1, 1024),
        "norm": st.booleans(),
    }
)


def width(entry):
    return math.log(entry.high / entry.low) if entry.log else entry.high - entry.low


@given(best=CONFIGURATIONS, share=st.floats(0.05, 0.95))
def test_the_best_stays_inside_and_nothing_leaves_the_space(best, share):
    space = narrowed(SPACE, best, share)
    assert list(space) == list(SPACE)
    assert fits(space, best)
    for name, entry in space.items():
        assert all(SPACE[name].contains(edge) for edge in entry.edges()), name


@given(best=CONFIGURATIONS, share=st.floats(0.05, 0.95))
def test_a_range_is_cut_to_its_share_on_its_own_scale(best, share):
    space = narrowed(SPACE, best, share)
    for name in ("rate", "drop"):
        assert width(space[name]) <= width(SPACE[name]) * share * (1 + 1e-9)


def test_in_the_middle_it_has_the_whole_share():
    middle = {"rate": math.sqrt(1e-5 * 1e-2), "drop": 0.3}
    space = narrowed(SPACE, middle, 0.5)
    assert width(space["rate"]) == pytest.approx(width(SPACE["rate"]) / 2)
    assert (space["drop"].low, space["drop"].high) == pytest.approx((0.2, 0.4))


def test_a_whole_number_keeps_its_neighbours_and_a_choice_becomes_the_bests():
    space = narrowed(SPACE, {"width": 100, "window": 30, "norm": False}, 0.001)
    assert (space["width"].low, space["width"].high) == (99, 101)
    assert (space["window"].low, space["window"].high) == (20, 40)
    assert space["norm"].choices == (False,)
    assert space["rate"] == SPACE["rate"]  # not the best's: as it was
