"""Net returns of a trial, out of sample: one series per path, as bytes and back, and its active returns.

The *active return* of a bar (``metrics.active``) takes the trial's mean exposure over the same validation range.
"""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.metrics import active
from trading_hpo.overfitting.sharpe import Moments
from trading_hpo.types import BarRange, Fold

_HEAD = struct.Struct("<I")  # number of spans
_SPAN = np.dtype([("start", "<i4"), ("stop", "<i4"), ("exposure", "<f8")])
_FAST = 1  # level of zlib: returns hardly shrink, and higher levels take ten times as long for a percent


@dataclass(frozen=True)
class Series:
    """Net returns of one path.

    Attributes:
        bars: Calendar bars, increasing.
        net: Of each bar.
        exposure: Sum of the shares held, negative when sold short: its mean over the validation range of each bar.
    """

    bars: Int[np.ndarray, " T"]
    net: Float[np.ndarray, " T"]
    exposure: Float[np.ndarray, " T"]


@dataclass(frozen=True)
class Traded:
    """What trading the validation of one fold gave.

    Attributes:
        fold: With its validation ranges and their paths.
        bars: Calendar bars of all of them.
        net: Return of each bar.
        exposure: Of each bar.
    """

    fold: Fold
    bars: Int[np.ndarray, " T"]
    net: Float[np.ndarray, " T"]
    exposure: Float[np.ndarray, " T"]


def series_by_path(folds: Iterable[Traded]) -> dict[int, Series]:
    """Return the series of each path, put together from the validation ranges that are a part of it.

    **Looks ahead:** label only; the returns were earned on validation.

    Args:
        folds: Those that a trial has come to, or all.
    """
    parts: dict[int, list[tuple[Traded, BarRange]]] = {}
    for traded in folds:
        for span, path in zip(traded.fold.validation, traded.fold.paths, strict=True):
            parts.setdefault(path, []).append((traded, span))
    return {path: _joined(parts[path]) for path in sorted(parts)}


def _joined(parts: Sequence[tuple[Traded, BarRange]]) -> Series:
    each = [_inside(traded, span) for traded, span in parts]
    bars, net, exposure = (np.concatenate(part) for part in zip(*each, strict=True))
    order = np.argsort(bars)  # the folds need not come in time order
    return Series(bars[order], net[order], exposure[order])


def _inside(traded: Traded, span: BarRange) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    own = (traded.bars >= span.start) & (traded.bars < span.stop)
    mean = traded.exposure[own].mean() if own.any() else 0.0
    return traded.bars[own], traded.net[own], np.full(own.sum(), mean)


def per_unit(series: Series) -> Series:
    """Return what a series earned per unit of its mean exposure; 0 where it held nothing."""
    return replace(series, net=active.per_unit(series.net, series.exposure))


def encode(series: Series) -> bytes:
    """Return a series as bytes: some 7 kB for 2,000 bars. Returns are rounded to float32."""
    breaks = (np.diff(series.bars, prepend=-2) != 1) | (np.diff(series.exposure, prepend=np.nan) != 0)
    begins = np.flatnonzero(breaks)
    ends = np.append(begins[1:], len(series.bars)) - 1
    spans = np.empty(len(begins), _SPAN)
    if len(begins):
        spans["start"], spans["stop"] = series.bars[begins], series.bars[ends] + 1
        spans["exposure"] = series.exposure[begins]
    return zlib.compress(_HEAD.pack(len(begins)) + spans.tobytes() + series.net.astype("<f4").tobytes(), _FAST)


def decode(data: bytes) -> Series:
    """Return the series that ``encode`` made bytes of.

    Raises:
        ValueError: It made no such bytes.
    """
    try:
        raw = zlib.decompress(data)
        (n_spans,) = _HEAD.unpack_from(raw)
    except (zlib.error, struct.error) as error:
        raise ValueError(f"returns must be as they were written: {error}") from error
    spans = np.frombuffer(raw, _SPAN, n_spans, _HEAD.size)
    net = np.frombuffer(raw, "<f4", offset=_HEAD.size + spans.nbytes).astype(np.float64)
    parts = [np.arange(start, stop) for start, stop in zip(spans["start"], spans["stop"], strict=True)]
    bars = np.concatenate([np.zeros(0, np.int64), *parts])
    if len(bars) != len(net):
        raise ValueError(f"returns must be of {len(bars)} bars, got {len(net)}")
    return Series(bars, net, np.repeat(spans["exposure"], spans["stop"] - spans["start"]))


def payload_of(series: Mapping[int, Series]) -> dict[str, bytes]:
    """Return the series as bytes, the path as key."""
    return {str(path): encode(one) for path, one in series.items()}


def active_returns(series: Mapping[int, Series], constant: Mapping[int, Series]) -> Float[np.ndarray, " T"]:
    """Return the active return of each bar; of several paths the mean over those that cover the bar.

    **Looks ahead:** label only; the returns were earned on validation.

    Args:
        series: Of a trial, by path.
        constant: As ``study.validation.constant_series`` makes them, for all bars of the study; a bar that is not
            among them is one on which the constant forecast holds nothing.
    """
    if not series:
        return np.zeros(0)
    each = [
        active.above_constant(own.net, own.exposure, _on(own.bars, constant.get(path))) for path, own in series.items()
    ]
    mean = each[0] if len(each) == 1 else _mean_by_bar(list(series.values()), each)
    return np.where(np.abs(mean) < active.SAME_RETURN, 0.0, mean)


def net_returns(series: Mapping[int, Series]) -> Float[np.ndarray, " T"]:
    """Return the net return of each bar; of several paths the mean over those that cover the bar.

    **Looks ahead:** label only; the returns were earned on validation.
    """
    each = [own.net for own in series.values()]
    return each[0] if len(each) == 1 else _mean_by_bar(list(series.values()), each) if each else np.zeros(0)


def _mean_by_bar(paths: Sequence[Series], each: Sequence[Float[np.ndarray, " T"]]) -> Float[np.ndarray, " T"]:
    _, place = np.unique(np.concatenate([own.bars for own in paths]), return_inverse=True)
    mean: Float[np.ndarray, " T"] = np.bincount(place, np.concatenate(each)) / np.maximum(np.bincount(place), 1)
    return mean


def _on(bars: Int[np.ndarray, " T"], constant: Series | None) -> Float[np.ndarray, " T"]:
    if constant is None or not len(constant.bars):
        return np.zeros(len(bars))
    place = np.minimum(np.searchsorted(constant.bars, bars), len(constant.bars) - 1)
    return np.where(constant.bars[place] == bars, constant.net[place], 0.0)


def moments(returns: Float[np.ndarray, " T"]) -> dict[str, float | None]:
    """Return count, mean, variance, skewness and kurtosis of the population; kurtosis of the normal law is 3.

    Where nothing varies there is no shape.

    Example:
        >>> moments(np.array([0.01, -0.01, 0.01, -0.01]))["kurtosis"]
        1.0
    """
    if not len(returns) or not np.isfinite(returns).all():
        return {"count": len(returns), "mean": None, "variance": None, "skewness": None, "kurtosis": None}
    return asdict(Moments.of(returns))
