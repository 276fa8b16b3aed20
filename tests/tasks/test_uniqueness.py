"""Average uniqueness against twenty lines that count, for every move, the labels that share it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.makers.panels import panel_of

from trading_hpo.tasks.uniqueness import uniqueness


def brute_force(panel, rows):
    """Of each row: the mean over its moves of one over the number of labels that depend on the same move."""
    moves = []
    for row in rows:
        own = [r for r in range(panel.n_rows) if panel.asset[r] == panel.asset[row]]
        moves.append({r for r in own if panel.bar[row] < panel.bar[r] <= panel.label_end[row]})
    return [np.mean([1 / sum(move in others for others in moves) for move in label]) for label in moves]


@st.composite
def labelled(draw):
    """A panel with gaps whose labels are of any length, and some of its labelled rows."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    panel = panel_of(present=random.random((draw(st.integers(1, 3)), draw(st.integers(4, 30)))) < 0.8)
    last = np.searchsorted(panel.asset, panel.asset, side="right") - 1
    row = np.arange(panel.n_rows)
    end = np.minimum(row + random.integers(1, 6, panel.n_rows), last)
    panel = replace(panel, label_end=np.where(end > row, panel.bar[end], panel.n_bars), labelled=end > row)
    rows = np.flatnonzero(panel.labelled & (random.random(panel.n_rows) < 0.7))
    return panel, rows


@settings(deadline=None, max_examples=150)
@given(labelled())
def test_random_labels(case):
    panel, rows = case
    found = uniqueness(panel, rows)
    np.testing.assert_allclose(found, brute_force(panel, rows), rtol=1e-12)
    assert ((found > 0) & (found <= 1 + 1e-12)).all()


def of_one_asset(ends, n_bars=12):
    panel = panel_of(1, n_bars)
    label_end = np.full(n_bars, n_bars)
    label_end[list(ends)] = list(ends.values())
    return replace(panel, label_end=label_end), np.array(list(ends))


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({0: 3, 3: 6, 6: 7}, [1, 1, 1]),  # one begins where the other ends: they share no move
        ({0: 2, 0 + 1: 3}, [0.75, 0.75]),  # one of two moves is shared
        ({0: 4, 1: 2}, [(1 + 0.5 + 1 + 1) / 4, 0.5]),
        ({0: 2, 5: 5 + 3}, [1, 1]),
    ],
)
def test_a_truth_table(ends, expected):
    np.testing.assert_allclose(uniqueness(*of_one_asset(ends)), expected)


def test_labels_of_other_rows_count_for_nothing():
    """So the weights of train rows say nothing of validation."""
    panel, rows = of_one_asset({0: 4, 1: 5, 2: 6, 7: 9})
    moved = replace(panel, label_end=np.where(np.arange(12) == 2, 11, panel.label_end))
    train = rows[:2]
    assert uniqueness(panel, train).tobytes() == uniqueness(moved, train).tobytes()
    assert uniqueness(panel, rows)[0] != pytest.approx(uniqueness(panel, train)[0])


def test_no_rows_have_no_weights():
    panel, _ = of_one_asset({0: 4})
    assert uniqueness(panel, np.array([], dtype=int)).tolist() == []
