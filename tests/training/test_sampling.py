import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_hpo.errors import DataError
from trading_hpo.training.losses.loss import BARS, ROWS, Sampling
from trading_hpo.training.runs import run_starts
from trading_hpo.training.sampling import BatchSampler, judged_rows

T = 20  # bars of the panels here
some_rows = st.sets(st.integers(0, 3 * T - 1), min_size=1).map(lambda rows: np.array(sorted(rows)))
batch_sizes = st.integers(1, 40)


def of(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bar and asset of each row."""
    return rows % T, rows // T


def epoch_of(sampling: Sampling, rows: np.ndarray, batch_size: int, max_rows: int | None = None) -> list[np.ndarray]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return [batch.numpy() for batch in BatchSampler(sampling, rows, *of(rows), batch_size).epoch(max_rows)]


@given(rows=some_rows, batch_size=batch_sizes, max_rows=st.none() | st.integers(1, 60))
def test_rows_come_once_in_batches_of_the_wanted_size(rows: np.ndarray, batch_size: int, max_rows: int | None) -> None:
    batches = epoch_of(ROWS, rows, batch_size, max_rows)
    drawn = np.concatenate(batches)
    assert len(drawn) == len(set(drawn)) == min(max_rows or len(rows), len(rows))
    assert set(drawn) <= set(rows)
    assert {len(batch) for batch in batches[:-1]} <= {batch_size}


@given(rows=some_rows, batch_size=batch_sizes)
def test_a_bar_comes_once_and_whole(rows: np.ndarray, batch_size: int) -> None:
    batches = epoch_of(BARS, rows, batch_size)
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), rows)
    bars = [set((batch % T).tolist()) for batch in batches]
    assert sum(map(len, bars)) == len(set((rows % T).tolist()))
    for batch in batches:  # bar after bar, assets in their order
        assert len(batch) <= max(batch_size, 1) + 3 * len(set((batch % T).tolist()))
        changes = np.flatnonzero(np.diff(batch % T))
        assert len(changes) + 1 == len(set((batch % T).tolist()))


def test_fewer_bars_are_drawn_where_fewer_rows_are_wanted() -> None:
    batches = epoch_of(BARS, np.arange(3 * T), batch_size=6, max_rows=30)
    assert [len(batch) for batch in batches] == [6] * 5


@given(rows=some_rows, length=st.integers(1, 5), batch_size=batch_sizes)
def test_runs_are_consecutive_bars_of_one_asset(rows: np.ndarray, length: int, batch_size: int) -> None:
    slow = [row for row in rows if all(row + k in rows and (row + k) // T == row // T for k in range(length))]
    if not slow:
        with pytest.raises(DataError, match="Shorten the runs"):
            run_starts(rows, rows // T, length)
        return
    np.testing.assert_array_equal(run_starts(rows, rows // T, length), slow)
    batches = epoch_of(Sampling("runs", length), rows, batch_size)
    runs = np.concatenate(batches).reshape(-1, length)
    assert set(runs[:, 0]) <= set(slow)
    assert len(set(runs[:, 0])) == len(runs) == min(max(len(rows) // length, 1), len(slow))
    np.testing.assert_array_equal(runs, runs[:, :1] + np.arange(length))
    assert all(len(batch) <= max(batch_size, length) for batch in batches)


@given(rows=some_rows, length=st.integers(1, 5))
def test_judged_runs_lie_side_by_side(rows: np.ndarray, length: int) -> None:
    try:
        places = judged_rows(Sampling("runs", length), rows, *of(rows))
    except DataError:
        return
    judged = rows[places]
    assert len(set(judged)) == len(judged)
    runs = judged.reshape(-1, length)
    np.testing.assert_array_equal(runs, runs[:, :1] + np.arange(length))
    assert (runs // T == runs[:, :1] // T).all()
    # What is left over holds no whole run.
    left = np.setdiff1d(rows, judged)
    if len(left):
        with pytest.raises(DataError):
            run_starts(left, left // T, length)


@given(rows=some_rows)
def test_all_rows_are_judged_unless_there_are_runs(rows: np.ndarray) -> None:
    np.testing.assert_array_equal(judged_rows(ROWS, rows, *of(rows)), np.arange(len(rows)))
    by_bar = rows[judged_rows(BARS, rows, *of(rows))]
    np.testing.assert_array_equal(np.sort(by_bar), rows)
    assert (np.diff(by_bar % T) >= 0).all()


@settings(max_examples=5)
@given(seed=st.integers(0, 100))
def test_runs_begin_anywhere_over_many_epochs(seed: int) -> None:
    rows = np.arange(T)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        sampler = BatchSampler(Sampling("runs", 5), rows, *of(rows), 10)
        starts = {int(run[0]) for _ in range(60) for batch in sampler.epoch() for run in batch.reshape(-1, 5)}
    assert starts == set(range(T - 4))
