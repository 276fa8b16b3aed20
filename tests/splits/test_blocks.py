"""Bars in equal blocks."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.splits.blocks import equal_blocks
from trading_hpo.types import BarRange


@given(st.integers(0, 50), st.integers(0, 300), st.integers(1, 12))
def test_they_are_those_of_numpy(start, length, n_blocks):
    expected = np.array_split(np.arange(start, start + length), n_blocks)
    blocks = equal_blocks(BarRange(start, start + length), n_blocks)
    assert [block.bars().tolist() for block in blocks] == [part.tolist() for part in expected]
