"""Label intervals are closed: one that ends on the edge has already crossed it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.makers.panels import panel_of

from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.purging import Intervals, embargo_after, purge_before, rows_of
from trading_hpo.splits.roles import make_folds
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


# The book: Lopez de Prado (2018), Advances in Financial Machine Learning, chapter 7. Its rules in our own words, row by
# row, for one asset with a row a bar. `end[t]` is the bar at which the label of bar t is known.


def snippet_7_1(end, candidates, first, last):
    """Train rows whose closed interval [t, end] meets [first, last] nowhere: it starts or ends in it, or covers it."""
    return [
        t for t in candidates if not (first <= t <= last or first <= end[t] <= last or (t <= first and last <= end[t]))
    ]


def snippet_7_2(end, candidates, validation, embargo_bars):
    """Snippet 7.1 with the test interval prolonged: to `embargo_bars` bars after its last label has ended."""
    return snippet_7_1(end, candidates, validation[0], max(end[t] for t in validation) + embargo_bars)


def snippet_7_3(end, n_bars, validation, embargo_bars):
    """PurgedKFold: before, labels that end by the first test bar; after, from the last label's end and the embargo."""
    last = max(end[t] for t in validation)
    return [t for t in range(validation[0]) if end[t] <= validation[0]] + [*range(last + embargo_bars, n_bars)]


def our_rows(end, scheme, n_folds, embargo_bars):
    """Train and validation rows of each fold; `end` reaches beyond the last bar, and no holdout cuts it off."""
    n_bars = len(end)
    panel = panel_of(1, n_bars, label_end=end[None], labelled=np.ones((1, n_bars), dtype=bool))
    config = FoldsConfig(scheme=scheme, n_folds=n_folds, embargo_bars=embargo_bars, stop_fraction=1e-9)
    for fold in make_folds(BarRange(0, n_bars), config, Intervals(panel.bar, panel.label_end)):
        yield fold, *(rows_of(panel, fold, role, 10**6, 1).tolist() for role in ("train", "validation"))


def test_on_twelve_bars_purging_and_embargo_are_those_of_snippets_7_1_and_7_2_and_7_3_keeps_a_row_more_on_each_side():
    end = np.arange(12) + 2  # labels over two bars
    (_, (fold, train, validation), _) = our_rows(end, "purged_kfold", 3, embargo_bars=1)
    assert (fold.validation, validation) == ((BarRange(4, 8),), [4, 5, 6, 7])
    # Labels of bars 0 and 1 end on bars 2 and 3; that of bar 7 ends on bar 9, bar 10 is the embargo.
    assert train == [0, 1, 11]
    assert snippet_7_2(end, [*range(4), *range(8, 12)], validation, 1) == train
    assert snippet_7_3(end, 12, validation, 1) == [0, 1, 2, 10, 11]


@settings(deadline=None)
@given(st.integers(2, 5), st.integers(0, 6), st.integers(0, 7), st.sampled_from(["purged_kfold", "walk_forward"]))
def test_labels_of_one_width_are_purged_and_embargoed_to_the_bar_as_in_the_book(n_folds, horizon, embargo, scheme):
    n_bars = 40 * n_folds
    end = np.arange(n_bars) + horizon
    for fold, train, validation in our_rows(end, scheme, n_folds, embargo):
        assert validation == [t for part in fold.validation for t in part.bars()]
        others = [t for t in range(n_bars) if t not in validation]
        after = others if scheme == "purged_kfold" else [t for t in others if t < validation[0]]
        assert train == snippet_7_2(end, after, validation, embargo)
        if scheme == "purged_kfold":
            # A label that ends on the first test bar, and a train bar on which the last test label ends, are in 7.3.
            touching = [validation[0] - horizon] * (horizon > 0 and validation[0] >= horizon)
            touching += [validation[-1] + horizon + embargo] * (horizon + embargo > 0)
            also = {t for t in touching if 0 <= t < n_bars and t not in validation}
            assert set(snippet_7_3(end, n_bars, validation, embargo)) - set(train) - set(validation) == also


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(0, 7), st.booleans())
def test_labels_of_any_width_are_purged_as_in_the_book_unless_giving_validation_rows_up_keeps_twice_as_many(
    seed, n_folds, embargo, some_are_long
):
    random = np.random.default_rng(seed)
    n_bars = 40 * n_folds
    long = some_are_long & (random.random(n_bars) < 0.03)
    end = np.arange(n_bars) + np.where(long, random.integers(10, 40, n_bars), random.integers(0, 5, n_bars))
    for fold, train, validation in our_rows(end, "purged_kfold", n_folds, embargo):
        tested = [t for part in fold.validation for t in part.bars()]
        book = snippet_7_2(end, [t for t in range(n_bars) if t not in tested], tested, embargo)
        given_up = len(tested) - len(validation)
        assert set(book) <= set(train)
        assert len(train) - len(book) >= 2 * given_up
        # Of the rows that are left, the book's rule holds.
        assert train == snippet_7_2(end, train, validation, embargo)
        if not given_up:
            assert train == book
