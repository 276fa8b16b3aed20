"""Label intervals are closed: one that ends on the edge has already crossed it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.makers.panels import panel_of

from trading_hpo.splits.purging import embargo_after, last_label_end, purge_before
from trading_hpo.types import BarRange


def panel_with(label_end, labelled):
    n_assets, n_bars = np.shape(label_end)
    return panel_of(n_assets, n_bars, label_end=np.array(label_end), labelled=np.array(labelled, dtype=bool))


@st.composite
def irregular_ends(draw):
    """Label ends that need not grow with their bars, and a range of those bars."""
    reaches = draw(st.lists(st.integers(0, 12), min_size=1, max_size=60))
    start = draw(st.integers(0, len(reaches)))
    stop = draw(st.integers(start, len(reaches)))
    return np.arange(len(reaches)) + np.array(reaches), BarRange(start, stop)


def test_the_last_label_end_of_a_bar_is_the_latest_of_its_assets():
    panel = panel_with([[1, 2, 3], [2, 5, 3]], [[1, 1, 0], [1, 1, 0]])
    assert last_label_end(panel).tolist() == [2, 5, 2]


def test_a_row_without_a_label_reaches_no_further_than_itself():
    panel = panel_with([[9, 9, 9]], [[0, 0, 0]])
    assert last_label_end(panel).tolist() == [0, 1, 2]


def test_an_unobserved_row_with_a_label_still_purges():
    panel = panel_with([[4, 2, 3]], [[1, 1, 1]])
    hidden = replace(panel, observed=np.zeros((1, 3), dtype=bool))
    assert last_label_end(hidden).tolist() == [4, 2, 3]


@pytest.mark.parametrize(
    ("edge", "stop"),
    [(10, 7), (11, 8), (12, 9), (13, 10), (99, 10), (0, 0), (3, 0), (4, 1)],
)
def test_a_label_that_ends_on_the_edge_is_purged_and_one_before_it_kept(edge, stop):
    assert purge_before(BarRange(0, 10), edge, np.arange(20) + 3) == BarRange(0, stop)


def test_purging_an_empty_range_leaves_it():
    assert purge_before(BarRange(4, 4), 0, np.arange(10) + 3) == BarRange(4, 4)


@settings(deadline=None)
@given(irregular_ends(), st.integers(0, 70))
def test_purging_leaves_the_longest_head_without_a_label_at_the_edge(ends_and_bars, edge):
    ends, bars = ends_and_bars
    kept = purge_before(bars, edge, ends)
    assert kept.start == bars.start
    assert kept.stop <= bars.stop
    assert all(ends[t] < edge for t in kept.bars())
    assert kept.stop == bars.stop or ends[kept.stop] >= edge


@settings(deadline=None)
@given(irregular_ends(), st.data())
def test_the_embargo_counts_from_the_end_of_the_last_validation_label(ends_and_bars, data):
    ends, validation = ends_and_bars
    embargo = data.draw(st.integers(0, 15))
    after = BarRange(validation.stop, len(ends))
    kept = embargo_after(after, validation, embargo, ends)
    # A slow twin: a bar is free when it is later than every validation label and the embargo.
    free = [t for t in after.bars() if all(t > ends[v] + embargo for v in validation.bars())]
    if len(validation):
        assert kept.bars().tolist() == free
    assert kept.stop == after.stop


def test_an_embargo_that_covers_everything_leaves_an_empty_range():
    assert len(embargo_after(BarRange(10, 12), BarRange(5, 10), 50, np.arange(12) + 1)) == 0
