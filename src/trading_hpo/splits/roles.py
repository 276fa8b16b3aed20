"""Bars -> train, stop and validation of each fold, for all splitters alike."""

from collections.abc import Iterator, Sequence

from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.purging import Intervals, embargo_after, purge_before
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.types import BarRange, Fold


def make_folds(search: BarRange, config: FoldsConfig, intervals: Intervals, lookback_bars: int = 0) -> Iterator[Fold]:
    """Divide the bars by the scheme, then cut every role to the bars that purging and embargo leave rows of.

    A row before a validation range is purged where its label reaches that range (``rows_of``); a row after one waits
    for its last labels and the embargo. Between two ranges both hold.

    Args:
        search: The bars.
        config: The scheme.
        intervals: Of the rows whose labels end before the holdout.
        lookback_bars: As of ``build_split``; the intervals say what each row reads.
    """
    for number, division in enumerate(SPLITTERS[config.scheme].divide(search, config)):
        train, stop = _carve_stop(division.train, config.stop_fraction)
        for validation in division.validation:
            stop = _apart_from(stop, validation, config.embargo_bars, intervals)
            train = _apart_from(train, validation, config.embargo_bars, intervals)
        for part in _filled(stop):
            train = tuple(purge_before(own, part.start, intervals) for own in train)
        ranges = (_filled(train), _filled(stop), division.validation)
        yield Fold(number, *ranges, division.paths, config.embargo_bars, lookback_bars)


def _carve_stop(candidates: Sequence[BarRange], fraction: float) -> tuple[tuple[BarRange, ...], tuple[BarRange, ...]]:
    """Take the last share of the candidate bars, so that no train bar is later than one of stop.

    It may begin in an earlier range than it ends.
    """
    left = int(sum(len(part) for part in candidates) * fraction)
    train, stop = [], []
    for part in reversed(candidates):
        taken = min(left, len(part))
        left -= taken
        train.append(BarRange(part.start, part.stop - taken))
        stop.append(BarRange(part.stop - taken, part.stop))
    return tuple(reversed(train)), tuple(reversed(stop))


def _apart_from(
    parts: Sequence[BarRange], validation: BarRange, embargo_bars: int, intervals: Intervals
) -> tuple[BarRange, ...]:
    return tuple(
        purge_before(part, validation.start, intervals)
        if part.stop <= validation.start
        else embargo_after(part, validation, embargo_bars, intervals)
        for part in parts
        if len(part)
    )


def _filled(parts: Sequence[BarRange]) -> tuple[BarRange, ...]:
    return tuple(part for part in parts if len(part))
