"""Label intervals are closed: one that ends on the edge has already crossed it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.makers.panels import panel_of

from trading_hpo.splits.purging import Intervals, embargo_after, purge_before, rows_of
from trading_hpo.types import BarRange, Fold

THREE_AHEAD = Intervals(np.arange(20), np.arange(20) + 3)


@st.composite
def irregular(draw):
    """Intervals of several rows a bar, whose ends need not grow with their bars, and a range of those bars."""
    n_bars = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bar = np.sort(random.integers(0, n_bars, draw(st.integers(1, 120))))
    long = random.random(len(bar)) < draw(st.sampled_from([0.0, 0.1]))
    reach = np.where(long, random.integers(10, 40, len(bar)), random.integers(0, 5, len(bar)))
    start = draw(st.integers(0, n_bars))
    return Intervals(bar, bar + reach), BarRange(start, draw(st.integers(start, n_bars))), n_bars


@pytest.mark.parametrize(
    ("edge", "stop"),
    [(10, 7), (11, 8), (12, 9), (13, 10), (99, 10), (0, 0), (3, 0), (4, 1)],
)
def test_a_label_that_ends_on_the_edge_is_purged_and_one_before_it_kept(edge, stop):
    assert purge_before(BarRange(0, 10), edge, THREE_AHEAD) == BarRange(0, stop)


def test_purging_an_empty_range_leaves_it():
    assert purge_before(BarRange(4, 4), 0, THREE_AHEAD) == BarRange(4, 4)


@settings(deadline=None)
@given(irregular(), st.integers(0, 70))
def test_purging_ends_a_range_with_its_last_label_before_the_edge(drawn, edge):
    intervals, bars, _ = drawn
    kept = purge_before(bars, edge, intervals)
    free = [bar for bar, end in zip(intervals.bar, intervals.end, strict=True) if bar in bars.bars() and end < edge]
    assert kept == BarRange(bars.start, max(free, default=bars.start - 1) + 1)


def lost(intervals, validation, after, embargo_bars, start):
    """How many rows are lost where what follows begins there: of validation, which count as two, and after it."""
    given_up = (intervals.end[intervals.inside(validation)] + embargo_bars >= start).sum()
    return int(2 * given_up + (intervals.bar[intervals.inside(after)] < start).sum())


@settings(deadline=None, max_examples=300)
@given(irregular(), st.data())
def test_what_follows_validation_begins_where_the_fewest_rows_are_lost(drawn, data):
    intervals, validation, n_bars = drawn
    embargo = data.draw(st.integers(0, 15))
    after = BarRange(validation.stop, n_bars + 30)
    kept = embargo_after(after, validation, embargo, intervals)
    assert kept.stop == after.stop
    starts = range(validation.stop + embargo, after.stop)
    fewest = min((lost(intervals, validation, after, embargo, start) for start in starts), default=0)
    if kept.start < after.stop:
        assert lost(intervals, validation, after, embargo, kept.start) == fewest


def test_where_all_labels_are_alike_no_row_of_validation_is_given_up():
    bar = np.repeat(np.arange(60), 3)
    assert embargo_after(BarRange(40, 60), BarRange(20, 40), 2, Intervals(bar, bar + 5)).start == 39 + 5 + 2 + 1


def test_one_label_that_ends_very_late_is_given_up_rather_than_waited_for():
    bar = np.repeat(np.arange(200), 20)
    end = bar + 1
    end[bar == 99] = [*[100] * 19, 180]
    assert embargo_after(BarRange(100, 200), BarRange(50, 100), 3, Intervals(bar, end)).start == 104


def test_an_embargo_that_covers_everything_leaves_an_empty_range():
    ends = Intervals(np.arange(12), np.arange(12) + 1)
    assert len(embargo_after(BarRange(10, 12), BarRange(5, 10), 50, ends)) == 0


def test_a_suspension_costs_rows_of_its_own_asset_only():
    present = np.ones((20, 600), dtype=bool)
    present[7, 250:550] = False
    panel = panel_of(present=present)
    fold = Fold(0, (BarRange(0, 240),), (BarRange(240, 255),), (BarRange(255, 300),))
    stop = rows_of(panel, fold, "stop", 600, 1)
    assert np.bincount(panel.asset[stop], minlength=20).tolist() == [14] * 7 + [9] + [14] * 12
    late = Fold(0, (BarRange(306, 580),), (BarRange(580, 590),), (BarRange(200, 300),), embargo_bars=5)
    validation = rows_of(panel, late, "validation", 600, 1)
    assert np.bincount(panel.asset[validation], minlength=20).tolist() == [100] * 7 + [49] + [100] * 12
    assert embargo_after(BarRange(300, 600), BarRange(200, 300), 5, Intervals.of(panel)).start == 306
