"""What a splitter is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trading_hpo.configuration import Config
from trading_hpo.types import BarRange

if TYPE_CHECKING:
    from trading_hpo.splits.config import FoldsConfig


@dataclass(frozen=True, slots=True)
class Division:
    """What a splitter says of one fold, before purging, embargo and stop rows.

    Attributes:
        train: Candidates, in time order; they may lie before, between and after the validation ranges.
        validation: Ranges in time order, apart from train and from each other.
        paths: For each validation range, the path that it is a part of. A path covers a bar at most once; one path
            through all folds is path 0.
    """

    train: tuple[BarRange, ...]
    validation: tuple[BarRange, ...]
    paths: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        if len(self.paths) != len(self.validation):
            raise ValueError(
                f"paths must have one number for each of {len(self.validation)} validation ranges, got {self.paths}"
            )


@dataclass(frozen=True, slots=True)
class Splitter:
    """A way to divide the bars of the search; it need not know labels.

    Attributes:
        divide: All bars of the search and the folds' configuration -> a division per fold, in time order.
        options: Checks ``folds.options``; none where the splitter has no options of its own.
        min_folds: Fewest ``folds.n_folds``.
        n_folds: Checked options -> the number of folds, where it follows from them; ``folds.n_folds`` must agree.
    """

    divide: "Callable[[BarRange, FoldsConfig], Iterator[Division]]"
    options: type[Config] | None = None
    min_folds: int = 1
    n_folds: Callable[[Any], int] | None = None
