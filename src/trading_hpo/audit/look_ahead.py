"""Does anything that was known at a moment change with what comes after it?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from trading_hpo.audit.check import Check, Finding, counted, worst_of_each
from trading_hpo.audit.cuts import cuts, feature_cuts
from trading_hpo.audit.other_future import other_future
from trading_hpo.audit.rebuild import Built, Rebuild, made_again_with
from trading_hpo.errors import DataError
from trading_hpo.market.panel import OF_SOME_SOURCES, OF_SOME_TASKS
from trading_hpo.splits.folds import Split, split_to_table
from trading_hpo.tasks.labels import target_columns
from trading_hpo.types import Panel


@dataclass(frozen=True)
class _Cut:
    """A moment.

    Attributes:
        stamp: Of the last bar that is known.
        bar: Its number on the calendar.
    """

    stamp: pd.Timestamp
    bar: int

    def __str__(self) -> str:
        return self.stamp.isoformat()


def look_ahead(raw: pd.DataFrame, built: Built, rebuild: Rebuild, seed: int = 0) -> Check:
    """Change the future after several cuts, make everything again, and compare what was known at each cut, bit by bit.

    Compared are the clean bars, every column of features, prices and barriers, regimes, the labels that were known by
    then, the folds, and the scalers of folds whose train labels had ended. Cleaning is compared on a source that ends
    at the cut, everything else on one that goes on otherwise (``other_future``). Where a label ends elsewhere in the
    other future, the folds are divided by the end that it has in the source: at the cut it was not known. Nor was which
    later rows lack a feature: they are those of the source too. Features alone are compared after more cuts
    (``feature_cuts``).

    **Looks ahead:** to find what does. Not found is what is read from elsewhere than the bars (``audit.source`` looks
    for that), or from timestamps alone.

    Args:
        raw: Bars of the source.
        built: What the project makes of them.
        rebuild: How it does.
        seed: Of the other futures.

    Raises:
        DataError: The data cannot be made of another future.
    """
    split = rebuild.split(built.panel)
    findings: list[Finding] = []
    at, scalers = cuts(built.panel.n_bars), 0
    for number, bar in enumerate(at):
        cut = _Cut(built.panel.timestamps[bar], bar)
        with made_again_with(f"other prices after {cut}"):
            other = rebuild.build(other_future(built.bars, cut.stamp, seed + number))
        of_features = list(_features(built, other, cut))
        findings += [*_bars(raw, built, rebuild, cut), *of_features, *_labels(built.panel, other.panel, cut)]
        findings += _folds(built.panel, split, other.panel, rebuild, cut)
        for fold, rows in _ended(built.panel, split, rebuild.window_bars, bar):
            scalers += 1
            if not of_features:  # otherwise it follows from them
                findings += _scaler(built.panel, other.panel, rows, rebuild, cut, fold)
    more = feature_cuts(built, seed)
    findings += _features_after(more, built, rebuild, seed + len(at))
    counts = {"feature column": len(built.columns), "fold": len(split.folds), "scaler": scalers}
    compared = ", ".join(counted(n, what) for what, n in counts.items())
    return Check(
        "look-ahead",
        f"{counted(len(at), 'cut')}, {len(more)} more of features; labels, {compared}",
        worst_of_each(findings),
    )


def _features_after(bars: Sequence[int], built: Built, rebuild: Rebuild, seed: int) -> Iterator[Finding]:
    """Change the future after each of these bars, and compare features alone."""
    for number, bar in enumerate(bars):
        cut = _Cut(built.panel.timestamps[bar], bar)
        with made_again_with(f"other prices after {cut}"):
            features = rebuild.features(other_future(built.bars, cut.stamp, seed + number))
        yield from _columns(built, features, cut)


def _bars(raw: pd.DataFrame, built: Built, rebuild: Rebuild, cut: _Cut) -> Iterator[Finding]:
    try:
        found = rebuild.clean(raw[raw["timestamp"] <= cut.stamp]).reset_index(drop=True)
    except DataError:  # too few of them, or not all assets are there yet: a source that ends so early is none
        return
    known = built.bars[built.bars["timestamp"] <= cut.stamp].reset_index(drop=True)
    if not found.equals(known):
        same = 0
        if found.shape == known.shape:
            alike = (found.to_numpy() == known.to_numpy()) | (found.isna() & known.isna()).to_numpy()
            same = int(alike.all(axis=1).sum())
        said = f"{len(known) - same} of {len(known)} clean bars up to this cut differ when the source ends at it"
        yield Finding("bars", str(cut), float(len(known) - same), said)


def _features(built: Built, other: Built, cut: _Cut) -> Iterator[Finding]:
    """Compare the table, and then the panel, whose rows have all features or none."""
    of_table = list(_columns(built, other.features, cut))
    yield from of_table
    seen, rows = {finding.column for finding in of_table}, built.panel.bar <= cut.bar
    for name, ours, others in _known_at_their_bar(built.panel, other.panel):
        if name not in seen and (found := _change(name, ours[rows], others[rows], cut, built.panel.bar[rows])):
            yield found


def _columns(built: Built, other: pd.DataFrame, cut: _Cut) -> Iterator[Finding]:
    """Compare the columns of a table of features."""
    known = (built.features["timestamp"] <= cut.stamp).to_numpy()
    bar = built.panel.timestamps.get_indexer(pd.DatetimeIndex(built.features["timestamp"][known]))
    for name in built.columns:
        ours, others = (table[name].to_numpy()[known] for table in (built.features, other))
        if found := _change(name, ours, others, cut, bar):
            yield found


def _known_at_their_bar(panel: Panel, other: Panel) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield what rows hold beside labels, by name."""
    yield "observed", panel.observed, other.observed
    for place, name in enumerate(panel.feature_names):
        yield name, panel.features[:, place], other.features[:, place]
    for name in OF_SOME_SOURCES:
        ours, others = getattr(panel, name), getattr(other, name)
        if ours is not None:
            yield name, ours, others
    for group, columns in OF_SOME_TASKS.items():
        ours, others = getattr(panel, group), getattr(other, group)
        if ours is not None:
            yield from ((name, ours[:, place], others[:, place]) for place, name in enumerate(columns))


def _labels(panel: Panel, other: Panel, cut: _Cut) -> Iterator[Finding]:
    """Compare the labels that had ended by the cut, in either future."""
    ours, others = (one.labelled & (one.label_end <= cut.bar) for one in (panel, other))
    known = ours | others
    ends = [np.where(is_known, one.label_end, -1) for is_known, one in ((ours, panel), (others, other))]
    if found := _change("label_end", ends[0][known], ends[1][known], cut, panel.bar[known]):
        yield found
    both = ours & others
    targets = zip(target_columns(panel.target.shape[1]), panel.target[both].T, other.target[both].T, strict=True)
    names = [f"forward_return_{step}" for step in range(1, panel.horizon_bars + 1)]
    returns = zip(names, panel.forward_return[both].T, other.forward_return[both].T, strict=True)
    for name, column, as_changed in (*targets, *returns):
        if found := _change(name, column, as_changed, cut, panel.bar[both]):
            yield found


def _change(name: str, ours: np.ndarray, others: np.ndarray, cut: _Cut, bar: Int[np.ndarray, " N"]) -> Finding | None:
    """Say that values differ, by how much, and how long before the cut."""
    moved: Bool[np.ndarray, " N"] = (ours != others) & ~(_missing(ours) & _missing(others))
    if not moved.any():
        return None
    apart = np.abs(ours[moved].astype(float) - others[moved].astype(float))
    count, before = int(moved.sum()), int(cut.bar - bar[moved].min())
    size, how = float(count), "are there in one future only"
    if np.isfinite(apart).any():
        size = float(np.nanmax(apart))
        how = f"change by up to {size:.3g}"
    said = f"{count} of {len(moved)} values {how}, the first {before} bars before it"
    return Finding(name, str(cut), size, said, count)


def _missing(values: np.ndarray) -> Bool[np.ndarray, " N"]:
    missing: Bool[np.ndarray, " N"] = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    return missing


def _folds(panel: Panel, split: Split, other: Panel, rebuild: Rebuild, cut: _Cut) -> Iterator[Finding]:
    """Divide the other panel, with the source's own rows where the cut did not know them yet."""
    later, was_open = panel.bar > cut.bar, panel.label_end > cut.bar
    unknown = {"observed": later, "label_end": was_open, "labelled": was_open}
    of_source = {n: np.where(rows, getattr(panel, n), getattr(other, n)) for n, rows in unknown.items()}
    ours = set(map(tuple, split_to_table(split, panel).to_numpy()))
    try:
        found = rebuild.split(replace(other, **of_source))
    except DataError as error:
        said = f"the folds cannot be made with other prices after it: {error.problems[0]}"
        yield Finding("folds", str(cut), float(len(ours)), said)
        return
    if found != split:
        n_ranges = len(ours - set(map(tuple, split_to_table(found, panel).to_numpy())))
        yield Finding("folds", str(cut), float(n_ranges), f"{n_ranges} of {len(ours)} ranges of bars change")


def _ended(panel: Panel, split: Split, window_bars: int, bar: int) -> Iterator[tuple[int, Int[np.ndarray, " N"]]]:
    """Yield the folds whose train labels had all ended, with their train rows."""
    for fold in split.folds:
        rows = split.rows(panel, fold, "train", window_bars)
        if len(rows) and panel.label_end[rows].max() <= bar:
            yield fold.number, rows


def _scaler(
    panel: Panel, other: Panel, rows: Int[np.ndarray, " N"], rebuild: Rebuild, cut: _Cut, fold: int
) -> Iterator[Finding]:
    ours, others = (rebuild.scale(one, rows) for one in (panel, other))
    for place, name in enumerate(panel.feature_names):
        if (ours[:, place] != others[:, place]).any():
            size = float(np.abs(ours[:, place] - others[:, place]).max())
            said = f"its scaler of fold {fold} changes by up to {size:.3g}: it is fitted on later bars than train"
            yield Finding(name, str(cut), size, said)
