"""Panel -> the holdout and the folds before it, as a readable table."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int

from trading_hpo.errors import ConfigurationError, DataError
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.purging import Intervals, embargo_after, purge_before, rows_before, rows_of
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.types import BarRange, Fold, Panel

ROLES = ("train", "stop", "validation")
HOLDOUT = "holdout"
FINAL = -1  # the final training's number; no fold of the search has it
_MORE_BARS = 1_000_000  # than there are; a splitter whose ranges do not grow with the bars never has enough


@dataclass(frozen=True)
class Split:
    """The folds of the search and what lies outside of them.

    Attributes:
        folds: In time order.
        search: Every bar that a search or a final training may use; of its rows, those whose labels end before the
            holdout.
        holdout: Sealed; in no fold.
    """

    folds: tuple[Fold, ...]
    search: BarRange
    holdout: BarRange

    def rows(self, panel: Panel, fold: Fold, role: str, window_bars: int) -> Int[np.ndarray, " N"]:
        """Return the samples of a role of one of the folds (``splits.purging.rows_of``)."""
        return rows_of(panel, fold, role, self.holdout.start, window_bars)

    def search_rows(self, panel: Panel, window_bars: int) -> Int[np.ndarray, " N"]:
        """Return the samples of the search."""
        return rows_before(panel, (self.search,), self.holdout.start, window_bars)

    def final_fold(self, stop_fraction: float) -> Fold:
        """Return the roles of the final training: all search bars, the last share of them as stop, none to validate."""
        edge = self.search.stop - int(len(self.search) * stop_fraction)
        return Fold(FINAL, (BarRange(self.search.start, edge),), (BarRange(edge, self.search.stop),), ())


def build_split(panel: Panel, folds: FoldsConfig, holdout: HoldoutConfig) -> Split:
    """Cut the holdout off, then divide what is before it.

    **Looks ahead:** label only; label ends decide what is purged.

    Args:
        panel: Rows with their label ends.
        folds: Scheme, number, stop share, embargo.
        holdout: Share or first day.

    Raises:
        DataError: Too few bars; the message says how many are needed.
        ConfigurationError: The embargo is longer than a fold.
    """
    intervals = Intervals.of(panel)
    if not len(intervals.bar):
        raise DataError(
            [f"no bar has all features and a label: the {panel.n_bars} bars are shorter than the features' history."]
        )
    bars = BarRange(int(intervals.bar.min()), int(intervals.bar.max()) + 1)
    edge = _holdout_start(panel, bars, holdout)
    search = purge_before(BarRange(bars.start, edge), edge, intervals)
    before = intervals.end < edge
    intervals = Intervals(intervals.bar[before], intervals.end[before])
    made = list(make_folds(search, folds, intervals))
    _check_lengths(made, search, folds, intervals, panel)
    return Split(tuple(made), search, BarRange(edge, bars.stop))


def make_folds(search: BarRange, config: FoldsConfig, intervals: Intervals) -> Iterator[Fold]:
    """Divide the bars by the scheme, then cut every role to the bars that purging and embargo leave rows of.

    A row before a validation range is purged where its label reaches that range (``rows_of``); a row after one waits
    for its last labels and the embargo. Between two ranges both hold.

    Args:
        search: The bars.
        config: The scheme.
        intervals: Of the rows whose labels end before the holdout.
    """
    for number, division in enumerate(SPLITTERS[config.scheme].divide(search, config)):
        train, stop = _carve_stop(division.train, config.stop_fraction)
        for validation in division.validation:
            stop = _apart_from(stop, validation, config.embargo_bars, intervals)
            train = _apart_from(train, validation, config.embargo_bars, intervals)
        for part in _filled(stop):
            train = tuple(purge_before(own, part.start, intervals) for own in train)
        yield Fold(number, _filled(train), _filled(stop), division.validation, division.paths, config.embargo_bars)


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


def _holdout_start(panel: Panel, bars: BarRange, holdout: HoldoutConfig) -> int:
    if holdout.start is None:
        return bars.stop - round(len(bars) * holdout.fraction)
    edge = int(panel.timestamps.searchsorted(pd.Timestamp(holdout.start, tz=panel.timestamps.tz)))
    if not bars.start < edge < bars.stop:
        first, last = panel.timestamps[bars.start].date(), panel.timestamps[bars.stop - 1].date()
        raise ConfigurationError(
            [f"holdout.start must lie between {first} and {last} (features and labels known), got {holdout.start}."]
        )
    return edge


def _check_lengths(
    made: Sequence[Fold], search: BarRange, config: FoldsConfig, intervals: Intervals, panel: Panel
) -> None:
    shortest = min(len(part) for fold in made for part in fold.validation)
    if config.min_role_bars <= shortest <= config.embargo_bars:
        raise ConfigurationError(
            [
                f"folds.embargo_bars must be shorter than a validation block ({shortest} bars), "
                f"got {config.embargo_bars}."
            ]
        )
    if _long_enough(made, config):
        return
    needed = _needed_bars(len(search), config, int((intervals.end - intervals.bar).max(initial=panel.horizon_bars)))
    raise DataError(
        [
            f"{len(made)} {config.scheme} folds need {needed} bars with features and labels before the holdout, "
            f"got {len(search)} (of {panel.n_bars} bars in all). Lower folds.n_folds or holdout.fraction, choose "
            "features with shorter histories, or bring more data."
        ]
    )


def _long_enough(made: Sequence[Fold], config: FoldsConfig) -> bool:
    """Of validation every range must be long enough by itself: the embargo follows each of them."""
    trained = all(sum(map(len, ranges)) >= config.min_role_bars for fold in made for ranges in (fold.train, fold.stop))
    least = max(config.min_role_bars, config.embargo_bars + 1)
    return trained and all(len(part) >= least for fold in made for part in fold.validation)


def _needed_bars(n_bars: int, config: FoldsConfig, label_bars: int) -> int:
    """Return how many search bars are enough, by trying, given that ``n_bars`` are too few.

    Labels as long as the longest are the worst case, so that the number holds for all of them.
    """
    high = n_bars + 1
    while not _fits(high, config, label_bars) and high < n_bars + _MORE_BARS:
        high *= 2
    return bisect_left(range(high), True, lo=n_bars + 1, key=lambda number: _fits(number, config, label_bars))


def _fits(n_bars: int, config: FoldsConfig, label_bars: int) -> bool:
    bars = np.arange(n_bars)
    return _long_enough(list(make_folds(BarRange(0, n_bars), config, Intervals(bars, bars + label_bars))), config)


def split_to_table(split: Split, panel: Panel) -> pd.DataFrame:
    """Return one line per range: ``fold, role, start_bar, stop_bar, first, last, bars, embargo_bars``.

    Fold -1 is outside of all. ``stop_bar`` is exclusive; ``first`` and ``last`` are the timestamps of the first and
    last bar. Where there is more than one path, ``path`` is that of a validation range, and -1 of every other.
    """
    ranges = [
        (fold.number, role, part, fold.embargo_bars)
        for fold in split.folds
        for role in ROLES
        for part in fold.role(role)
    ]
    ranges += [(-1, "search", split.search, 0), (-1, HOLDOUT, split.holdout, 0)]
    table = pd.DataFrame(
        [
            {
                "fold": number,
                "role": role,
                "start_bar": part.start,
                "stop_bar": part.stop,
                "first": panel.timestamps[part.start].isoformat(),
                "last": panel.timestamps[part.stop - 1].isoformat(),
                "bars": len(part),
                "embargo_bars": embargo_bars,
            }
            for number, role, part, embargo_bars in ranges
        ]
    )
    paths = [path for fold in split.folds for path in fold.paths]
    if any(paths):
        table["path"] = -1
        table.loc[table["role"] == "validation", "path"] = paths
    return table


def split_from_table(table: pd.DataFrame) -> Split:
    """Read back what ``split_to_table`` wrote."""

    def ranges(number: int, role: str) -> tuple[BarRange, ...]:
        lines = table[(table["fold"] == number) & (table["role"] == role)]
        return tuple(BarRange(int(a), int(b)) for a, b in lines[["start_bar", "stop_bar"]].to_numpy())

    def fold(number: int) -> Fold:
        validation = table[(table["fold"] == number) & (table["role"] == "validation")]
        paths = validation["path"] if "path" in table else [0] * len(validation)
        train, stop, validated = (ranges(number, role) for role in ROLES)
        return Fold(number, train, stop, validated, tuple(map(int, paths)), int(validation["embargo_bars"].iloc[0]))

    numbers = sorted(int(number) for number in table["fold"].unique() if number >= 0)
    return Split(tuple(map(fold, numbers)), ranges(-1, "search")[0], ranges(-1, HOLDOUT)[0])
