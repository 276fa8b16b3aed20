"""One block after another: each has a train and a validation of its own."""

from collections.abc import Iterator

from pydantic import Field

from trading_hpo.configuration import Config
from trading_hpo.splits.blocks import equal_blocks
from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.splitter import Division, Splitter
from trading_hpo.types import BarRange


class BlockedConfig(Config):
    """Of ``folds.options``."""

    train_fraction: float = Field(default=0.7, gt=0, lt=1, description="share of a block before its validation")


def blocked(bars: BarRange, config: FoldsConfig) -> Iterator[Division]:
    """Yield a division per block.

    No bar is a candidate in two folds, so that no period is learned from, or validated, twice. Each fold learns from
    far fewer bars than the final training will.

    **Looks ahead:** never; within a block train ends where validation starts.

    Args:
        bars: All bars of the search.
        config: ``n_folds``, and ``train_fraction`` of ``options``.

    Source: Snijders (1988), On Cross-Validation for Predictor Evaluation in Time Series; Cerqueira, Torgo and Mozetic
    (2020), Evaluating Time Series Forecasting Models.

    Example:
        >>> config = FoldsConfig(scheme="blocked", n_folds=2)
        >>> [(d.train[0].start, d.train[0].stop, d.validation[0].stop) for d in blocked(BarRange(0, 100), config)]
        [(0, 35, 50), (50, 85, 100)]
    """
    options = BlockedConfig(**config.options)
    for block in equal_blocks(bars, config.n_folds):
        edge = block.start + round(len(block) * options.train_fraction)
        yield Division((BarRange(block.start, edge),), (BarRange(edge, block.stop),))


BLOCKED = Splitter(blocked, BlockedConfig)
