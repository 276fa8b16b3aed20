"""The bars after which the future is changed."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from trading_hpo.audit.rebuild import Built

N_CUTS = 12
N_FEATURE_CUTS = 60  # each takes less than half of the time of the others: nothing else is made again
_AT_SPECIAL = 48  # of them at most, in turns of the kinds; at least 12 are anywhere
_OF_A_KIND = 4
_LONG_WAIT = 0.99  # quantile of the time to the next bar
_MOSTLY = 0.5  # share of the rows in which a column has one value, or repeats


def cuts(n_bars: int) -> Sequence[int]:
    """Return the bars after which everything is made again.

    The first is the first of all: values that are filled from later bars show there. The others are spread over the
    calendar, unevenly, so that not all of them end a week.

    Example:
        >>> cuts(1000)
        [0, 91, 184, 275, 362, 451, 543, 636, 726, 814, 903, 995]
    """
    return sorted({min(max(n_bars - 6, 0) * k // (N_CUTS - 1) + k * k % 5, n_bars - 2) for k in range(N_CUTS)})


def feature_cuts(built: Built, seed: int = 0) -> Sequence[int]:
    """Return more bars, after which features alone are made again: special ones first, then any.

    What is filled from later bars where a bar has no volume, say, shows at cuts on such bars only. Of each kind of
    ``_kinds`` there are up to four, drawn at random from all assets' bars.

    Args:
        built: What the project makes of the bars.
        seed: Of the choice.
    """
    random, last = np.random.default_rng(seed), built.panel.n_bars - 2
    bar = built.panel.timestamps.get_indexer(pd.DatetimeIndex(built.bars["timestamp"]))
    usual = set(cuts(built.panel.n_bars))
    drawn = [random.permutation(np.unique(bar[kind & (bar <= last)])).tolist() for kind in _kinds(built, bar)]
    turns = [bars[turn] for turn in range(_OF_A_KIND) for bars in drawn if turn < len(bars)]
    special = [one for one in dict.fromkeys(turns) if one not in usual][:_AT_SPECIAL]
    known = usual | set(special)
    others = [one for one in random.permutation(last + 1).tolist() if one not in known]
    return sorted([*special, *others[: N_FEATURE_CUTS - len(special)]])


def _kinds(built: Built, bar: Int[np.ndarray, " R"]) -> Iterator[Bool[np.ndarray, " R"]]:
    """Yield which rows are special, kind by kind."""
    bars = built.bars
    of_asset = bars.groupby("asset", sort=False)
    if "volume" in bars:
        yield (bars["volume"] == 0).to_numpy()
    yield (of_asset["close"].diff() == 0).to_numpy()
    yield bars.isna().any(axis=1).to_numpy()
    wait = -of_asset["timestamp"].diff(-1)
    yield (wait > wait.quantile(_LONG_WAIT)).to_numpy()
    same_asset = np.r_[bars["asset"].to_numpy()[1:] == bars["asset"].to_numpy()[:-1], False]
    yield same_asset & (np.diff(bar, append=0) > 1)  # a bar that other assets have is not there
    for name in built.columns:
        yield from _kinds_of_a_column(built.features[name], built.features["asset"], same_asset)


def _kinds_of_a_column(
    values: pd.Series, asset: pd.Series, same_asset: Bool[np.ndarray, " R"]
) -> Iterator[Bool[np.ndarray, " R"]]:
    """Yield where a column lacks a value inside history, is beside its usual one, and is what it is on the next bar."""
    there = values.notna().to_numpy()
    yield ~there & values.notna().groupby(asset, sort=False).cummax().to_numpy()
    numbers = values.to_numpy()
    if not there.any():
        return
    each, counts = np.unique(numbers[there], return_counts=True)
    if counts.max() > _MOSTLY * there.sum():
        yield there & (numbers != each[counts.argmax()])
    repeats = same_asset & (numbers == np.append(numbers[1:], np.nan))
    if repeats.sum() < _MOSTLY * there.sum():
        yield repeats
