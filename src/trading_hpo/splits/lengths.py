"""Whether the roles of all folds are long enough, and what would make them so."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from trading_hpo.errors import ConfigurationError, DataError
from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.purging import Intervals
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.splits.roles import make_folds
from trading_hpo.types import BarRange, Fold, Panel

_MORE_BARS = 1_000_000  # than there are; a splitter whose ranges do not grow with the bars never has enough


def check_lengths(
    made: Sequence[Fold],
    search: BarRange,
    config: FoldsConfig,
    intervals: Intervals,
    panel: Panel,
    lookback_bars: int = 0,
) -> None:
    """Refuse folds of which a role is too short.

    Args:
        made: The folds.
        search: The bars that they divide.
        config: How they were made.
        intervals: Of the rows whose labels end before the holdout.
        panel: The rows.
        lookback_bars: As of ``build_split``.

    Raises:
        DataError: Too few bars; the message says how many are needed, and what else would do.
        ConfigurationError: Validation blocks are no longer than the embargo, or than a label between them.
    """
    lengths = intervals.end - intervals.bar
    label_bars = int(np.median(lengths)) if len(lengths) else panel.horizon_bars
    _check_blocks(made, search, config, label_bars)
    if _long_enough(made, config, label_bars):
        return
    needed = _needed_bars(len(search), config, int(lengths.max(initial=panel.horizon_bars)), lookback_bars)
    enough = "".join(_enough_alone(search, config, intervals, label_bars, lookback_bars))
    raise DataError(
        [
            f"{len(made)} {config.scheme} folds need {needed} bars with features and labels before the holdout, "
            f"got {len(search)} (of {panel.n_bars} bars in all). {enough}Lower {_what_makes_many(config)} or "
            "holdout.fraction, choose features with shorter histories, or bring more data."
        ]
    )


def _check_blocks(made: Sequence[Fold], search: BarRange, config: FoldsConfig, label_bars: int) -> None:
    """Refuse validation blocks that are short against the embargo or a label, though long enough by themselves."""
    shortest = min(len(part) for fold in made for part in fold.validation)
    if config.min_role_bars <= shortest <= config.embargo_bars:
        raise ConfigurationError(
            [
                f"folds.embargo_bars must be shorter than a validation block ({shortest} bars), "
                f"got {config.embargo_bars}."
            ]
        )
    if config.min_role_bars <= shortest <= label_bars and _has_several_ranges(made):
        most = len(search) // (label_bars + 1)
        raise ConfigurationError(
            [
                f"{config.scheme} must have validation blocks longer than a label ({label_bars} bars), got blocks of "
                f"{shortest} bars. At most {most} blocks of the {len(search)} bars are so long: lower "
                f"{_what_makes_many(config)}, or take shorter labels."
            ]
        )


def _has_several_ranges(made: Sequence[Fold]) -> bool:
    return any(len(fold.validation) > 1 for fold in made)


def _what_makes_many(config: FoldsConfig) -> str:
    return "folds.n_folds" if SPLITTERS[config.scheme].n_folds is None else "the number of groups in folds.options"


def _enough_alone(
    search: BarRange, config: FoldsConfig, intervals: Intervals, label_bars: int, lookback_bars: int
) -> Iterator[str]:
    """Say which settings would do by themselves."""

    def fits(embargo_bars: int, lookback_bars: int) -> bool:
        changed = config.model_copy(update={"embargo_bars": embargo_bars})
        own = intervals if lookback_bars else Intervals(intervals.bar, intervals.end)
        return _long_enough(list(make_folds(search, changed, own, lookback_bars)), changed, label_bars)

    if fits(0, lookback_bars):
        most = bisect_left(range(config.embargo_bars), True, key=lambda bars: not fits(bars, lookback_bars)) - 1
        yield f"An embargo of {most} bars would do: folds.embargo_bars is {config.embargo_bars}. "
    if lookback_bars and fits(config.embargo_bars, 0):
        yield f"So would folds.purge_windows=false: it takes {lookback_bars} bars after each validation. "


def _long_enough(made: Sequence[Fold], config: FoldsConfig, label_bars: int) -> bool:
    """Of validation every range must be long enough by itself: the embargo follows each of them.

    Between two ranges that are closer than a label no row is left to train on.
    """
    trained = all(sum(map(len, ranges)) >= config.min_role_bars for fold in made for ranges in (fold.train, fold.stop))
    least = max(config.min_role_bars, config.embargo_bars + 1, label_bars + 1 if _has_several_ranges(made) else 0)
    return trained and all(len(part) >= least for fold in made for part in fold.validation)


def _needed_bars(n_bars: int, config: FoldsConfig, label_bars: int, lookback_bars: int) -> int:
    """Return how many search bars are enough, by trying, given that ``n_bars`` are too few.

    Labels as long as the longest are the worst case, so that the number holds for all of them.
    """

    def fits(number: int) -> bool:
        bars = np.arange(number)
        intervals = Intervals(bars, bars + label_bars, np.maximum(bars - lookback_bars, 0) if lookback_bars else None)
        return _long_enough(list(make_folds(BarRange(0, number), config, intervals, lookback_bars)), config, label_bars)

    high = n_bars + 1
    while not fits(high) and high < n_bars + _MORE_BARS:
        high *= 2
    return bisect_left(range(high), True, lo=n_bars + 1, key=fits)
