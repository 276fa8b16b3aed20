"""Validation blocks that follow each other in time; train is always the past."""

from collections.abc import Iterator

from trading_hpo.splits.blocks import equal_blocks
from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.splitter import Division, Splitter
from trading_hpo.types import BarRange


def walk_forward(bars: BarRange, config: FoldsConfig) -> Iterator[Division]:
    """Yield a division per fold.

    **Looks ahead:** never; train ends where validation starts.

    Args:
        bars: All bars of the search.
        config: ``n_folds``, ``first_train_fraction``, and whether train grows or rolls.

    Source: Pardo (1992), Design, Testing and Optimization of Trading Systems.

    Example:
        >>> config = FoldsConfig(n_folds=2, first_train_fraction=0.5)
        >>> [(d.train[0].stop, d.validation[0].stop) for d in walk_forward(BarRange(0, 100), config)]
        [(50, 75), (75, 100)]
    """
    first = round(len(bars) * config.first_train_fraction)
    for block in equal_blocks(BarRange(bars.start + first, bars.stop), config.n_folds):
        train_start = block.start - first if config.window == "rolling" else bars.start
        yield Division((BarRange(train_start, block.start),), (block,))


WALK_FORWARD = Splitter(walk_forward)
