"""Every choice of some groups of bars is validated once; their forecasts make several passes over all bars."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from math import comb
from typing import Self

from pydantic import Field, model_validator

from trading_hpo.configuration import Config
from trading_hpo.splits.blocks import equal_blocks
from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.splitter import Division, Splitter
from trading_hpo.types import BarRange


class CombinatorialConfig(Config):
    """Of ``folds.options``."""

    groups: int = Field(default=6, ge=2, strict=True, description="N, of equal length, that the bars are cut into")
    test_groups: int = Field(default=2, ge=1, strict=True, description="k, of which each fold validates")

    @model_validator(mode="after")
    def _some_are_left_to_train_on(self) -> Self:
        if self.test_groups >= self.groups:
            raise ValueError(f"test_groups must be below the {self.groups} groups, got {self.test_groups}.")
        return self

    @property
    def n_folds(self) -> int:
        """N choose k."""
        return comb(self.groups, self.test_groups)


def combinatorial(bars: BarRange, config: FoldsConfig) -> Iterator[Division]:
    """Yield a division per choice of test groups: combinatorial purged cross-validation.

    Every group is validated by phi = k / N (N choose k) folds. The first fold that validates a group is of path 0
    there, the next one of path 1, and so on: each of phi back-test paths validates every bar once.

    **Looks ahead:** train lies on both sides of validation; purging and embargo keep the labels apart.

    Args:
        bars: All bars of the search.
        config: ``groups`` and ``test_groups`` of ``options``.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 12.4.

    Example:
        >>> config = FoldsConfig(scheme="combinatorial", n_folds=3, options={"groups": 3, "test_groups": 2})
        >>> for d in combinatorial(BarRange(0, 9), config):
        ...     print([part.start for part in d.validation], d.paths, d.train)
        [0, 3] (0, 0) (BarRange(start=6, stop=9),)
        [0, 6] (1, 0) (BarRange(start=3, stop=6),)
        [3, 6] (1, 1) (BarRange(start=0, stop=3),)
    """
    options = CombinatorialConfig(**config.options)
    groups, passes = equal_blocks(bars, options.groups), Counter[int]()
    for tested in combinations(range(options.groups), options.test_groups):
        between = [(before + 1, after) for before, after in pairwise((-1, *tested, options.groups))]
        train = tuple(BarRange(groups[a].start, groups[b - 1].stop) for a, b in between if a < b)
        yield Division(train, tuple(groups[group] for group in tested), tuple(passes[group] for group in tested))
        passes.update(tested)


COMBINATORIAL = Splitter(combinatorial, CombinatorialConfig, n_folds=lambda options: options.n_folds)
