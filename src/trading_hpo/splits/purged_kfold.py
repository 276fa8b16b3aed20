"""Every bar is validated once; train is what lies before and after."""

from collections.abc import Iterator

from trading_hpo.splits.blocks import equal_blocks
from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.splitter import Division, Splitter
from trading_hpo.types import BarRange


def purged_kfold(bars: BarRange, config: FoldsConfig) -> Iterator[Division]:
    """Yield a division per fold.

    **Looks ahead:** train lies on both sides of validation; purging and embargo keep the labels apart.

    Args:
        bars: All bars of the search.
        config: ``n_folds``.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 7.4.

    Example:
        >>> config = FoldsConfig(scheme="purged_kfold", n_folds=3)
        >>> [(len(d.train), d.validation[0].start, d.validation[0].stop) for d in purged_kfold(BarRange(0, 10), config)]
        [(1, 0, 4), (2, 4, 7), (1, 7, 10)]
    """
    for block in equal_blocks(bars, config.n_folds):
        sides = (BarRange(bars.start, block.start), BarRange(block.stop, bars.stop))
        yield Division(tuple(side for side in sides if len(side)), (block,))


PURGED_KFOLD = Splitter(purged_kfold, min_folds=2)
