"""Panel -> the holdout and the folds before it, as a readable table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int

from trading_hpo.errors import ConfigurationError, DataError
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.purging import embargo_after, last_label_end, purge_before
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.tasks.registry import task_of
from trading_hpo.types import BarRange, Fold, Panel

ROLES = ("train", "stop", "validation")
HOLDOUT = "holdout"
_MOST_BARS = 1_000_000


@dataclass(frozen=True)
class Split:
    """The folds of the search and what lies outside of them.

    Attributes:
        folds: In time order.
        search: Every bar that a search or a final training may use; labels end before the holdout.
        holdout: Sealed; in no fold.
    """

    folds: tuple[Fold, ...]
    search: BarRange
    holdout: BarRange

    def latest(self, fraction: float) -> BarRange:
        """Return the last share of the search bars, on which a final network's threshold is set."""
        return BarRange(self.search.stop - int(len(self.search) * fraction), self.search.stop)


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
    last_end = last_label_end(panel)
    usable = np.flatnonzero((panel.observed & panel.labelled).any(axis=0))
    if not len(usable):
        raise DataError(
            [f"no bar has all features and a label: the {panel.n_bars} bars are shorter than the features' history."]
        )
    bars = BarRange(int(usable[0]), int(usable[-1]) + 1)
    edge = _holdout_start(panel, bars, holdout)
    search = purge_before(BarRange(bars.start, edge), edge, last_end)
    made = list(make_folds(search, folds, last_end))
    _check_lengths(made, search, folds, last_end, panel)
    return Split(tuple(made), search, BarRange(edge, bars.stop))


def make_folds(search: BarRange, config: FoldsConfig, last_end: Int[np.ndarray, " T"]) -> Iterator[Fold]:
    """Divide the bars by the scheme, then purge and embargo every role against the later ones.

    A row before a validation range is purged where its label reaches that range; a row after one waits for its last
    label and the embargo. Between two ranges both hold.
    """
    for number, division in enumerate(SPLITTERS[config.scheme].divide(search, config)):
        train, stop = _carve_stop(division.train, config.stop_fraction)
        for validation in division.validation:
            stop = _apart_from(stop, validation, config.embargo_bars, last_end)
            train = _apart_from(train, validation, config.embargo_bars, last_end)
        for part in stop:
            train = tuple(purge_before(own, part.start, last_end) if own.stop <= part.start else own for own in train)
        yield Fold(number, _filled(train), _filled(stop), division.validation, division.paths)


def _carve_stop(candidates: Sequence[BarRange], fraction: float) -> tuple[tuple[BarRange, ...], tuple[BarRange, ...]]:
    """Take the last share of the candidate bars; it may begin in an earlier range than it ends."""
    left = int(sum(len(part) for part in candidates) * fraction)
    train, stop = [], []
    for part in reversed(candidates):
        taken = min(left, len(part))
        left -= taken
        train.append(BarRange(part.start, part.stop - taken))
        stop.append(BarRange(part.stop - taken, part.stop))
    return tuple(reversed(train)), tuple(reversed(stop))


def _apart_from(
    parts: Sequence[BarRange], validation: BarRange, embargo_bars: int, last_end: Int[np.ndarray, " T"]
) -> tuple[BarRange, ...]:
    return tuple(
        purge_before(part, validation.start, last_end)
        if part.stop <= validation.start
        else embargo_after(part, validation, embargo_bars, last_end)
        for part in parts
        if len(part)
    )


def _filled(parts: Sequence[BarRange]) -> tuple[BarRange, ...]:
    return tuple(part for part in parts if len(part))


def _holdout_start(panel: Panel, bars: BarRange, holdout: HoldoutConfig) -> int:
    if holdout.start is None:
        return bars.stop - round(len(bars) * holdout.fraction)
    edge = int(panel.timestamps.searchsorted(pd.Timestamp(holdout.start, tz="UTC")))
    if not bars.start < edge < bars.stop:
        first, last = panel.timestamps[bars.start].date(), panel.timestamps[bars.stop - 1].date()
        raise ConfigurationError(
            [f"holdout.start must lie between {first} and {last} (features and labels known), got {holdout.start}."]
        )
    return edge


def _check_lengths(
    made: Sequence[Fold], search: BarRange, config: FoldsConfig, last_end: Int[np.ndarray, " T"], panel: Panel
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
    reach = last_end[search.start : search.stop] - search.bars()
    needed = _needed_bars(len(search), config, int(reach.max(initial=panel.horizon_bars)))
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
    low, high = n_bars, 2 * n_bars + 1
    while not _fits(high, config, label_bars):
        low, high = high, 2 * high
        if low > _MOST_BARS:  # a splitter whose ranges do not grow with the bars
            return low
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(middle, config, label_bars) else (middle, high)
    return high


def _fits(n_bars: int, config: FoldsConfig, label_bars: int) -> bool:
    ends = np.arange(n_bars) + label_bars
    return _long_enough(list(make_folds(BarRange(0, n_bars), config, ends)), config)


def check_classes(panel: Panel, split: Split, window_bars: int) -> None:
    """Refuse roles from which nothing can be learned or judged.

    Args:
        panel: Rows with their targets.
        split: The folds.
        window_bars: Longest window; rows without it are no samples.

    Raises:
        DataError: A role of a fold, or the holdout, has no row, or rows of one class only.
    """
    of_classes = task_of(panel.label).target_kind == "class"
    problems = []
    for name, ranges in _named_roles(split):
        rows = panel.rows(ranges, window_bars)
        targets = panel.targets(rows)
        if len(rows) == 0:
            problems.append(
                f"{name} must have samples with {window_bars} bars of history, got none. "
                "Shorten training.window_bars or its range in the search space, or take longer folds."
            )
        elif of_classes and (constant := (targets == targets[0]).all(axis=0)).any():
            problems.append(
                f"{name} must have both classes, got only {int(targets[0, constant][0])} in {len(rows)} rows. "
                "Change the options of labels, or take fewer or longer folds."
            )
    if problems:
        raise DataError(problems)


def _named_roles(split: Split) -> Iterator[tuple[str, tuple[BarRange, ...]]]:
    for fold in split.folds:
        for role in ROLES:
            yield f"{role} of fold {fold.number}", fold.role(role)
    yield HOLDOUT, (split.holdout,)


def split_to_table(split: Split, panel: Panel) -> pd.DataFrame:
    """Return one line per range: ``fold, role, start_bar, stop_bar, first, last, bars``; fold -1 is outside.

    ``stop_bar`` is exclusive; ``first`` and ``last`` are the timestamps of the first and last bar. Where there is more
    than one path, ``path`` is that of a validation range, and -1 of every other.
    """
    ranges = [(fold.number, role, part) for fold in split.folds for role in ROLES for part in fold.role(role)]
    ranges += [(-1, "search", split.search), (-1, HOLDOUT, split.holdout)]
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
            }
            for number, role, part in ranges
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
        return tuple(BarRange(int(a), int(b)) for a, b in zip(lines["start_bar"], lines["stop_bar"], strict=True))

    def fold(number: int) -> Fold:
        validation = table[(table["fold"] == number) & (table["role"] == "validation")]
        paths = validation["path"] if "path" in table else [0] * len(validation)
        train, stop, validated = (ranges(number, role) for role in ROLES)
        return Fold(number, train, stop, validated, tuple(map(int, paths)))

    numbers = sorted(int(number) for number in table["fold"].unique() if number >= 0)
    return Split(tuple(map(fold, numbers)), ranges(-1, "search")[0], ranges(-1, HOLDOUT)[0])
