"""A splitter whose folds validate two ranges each."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.splitter import Division, Splitter
from trading_hpo.types import BarRange


def _divide(bars: BarRange, config: FoldsConfig) -> Iterator[Division]:
    """Blocks of which each fold validates two that are half of the bars apart, and trains on all others."""
    edges = np.linspace(bars.start, bars.stop, 2 * config.n_folds + 1).astype(int)
    blocks = [BarRange(int(start), int(stop)) for start, stop in pairwise(edges)]
    for number in range(config.n_folds):
        tested = (number, config.n_folds + number)
        train = tuple(block for place, block in enumerate(blocks) if place not in tested)
        yield Division(train, tuple(blocks[place] for place in tested), (0, 0))


HALVES = Splitter(_divide, min_folds=2)
