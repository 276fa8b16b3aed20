import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.errors import DataError
from trading_hpo.training.runs import longest_run, run_starts

T = 12  # bars of each of three assets


@given(st.sets(st.integers(0, 3 * T - 1), min_size=1).map(sorted).map(np.array))
def test_the_longest_run_is_the_last_length_that_there_are_runs_of(rows: np.ndarray) -> None:
    longest = longest_run(rows, rows // T)
    assert len(run_starts(rows, rows // T, longest))
    with pytest.raises(DataError, match=f"no {longest + 1} consecutive bars of one asset are among"):
        run_starts(rows, rows // T, longest + 1)


def test_a_run_ends_with_its_asset() -> None:
    assert longest_run(np.arange(5), np.array([0, 0, 1, 1, 1])) == 3
