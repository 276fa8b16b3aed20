"""Which bars before a row its columns are made of."""

from typing import Literal

Lags = Literal["last", "averages", "window"]

SHORT_MEAN_BARS = 5


def spans_of(lags: Lags, window_bars: int) -> tuple[range, ...]:
    """Return the bars that each group of columns is the mean of, as numbers of bars before the row.

    Averages over the last bar, five bars and the whole window are what the heterogeneous autoregression of volatility
    has: few columns that remember long.

    **Looks ahead:** never; 0 is the row's own bar, and no span reaches beyond its window.

    Args:
        lags: Which of them.
        window_bars: L.

    Source: Corsi (2009), A Simple Approximate Long-Memory Model of Realized Volatility, equation 9.

    Example:
        >>> [list(span) for span in spans_of("window", 3)]
        [[0], [1], [2]]
        >>> spans_of("averages", 20)
        (range(0, 1), range(0, 5), range(0, 20))
    """
    if lags == "window":
        return tuple(range(bar, bar + 1) for bar in range(window_bars))
    lengths = {1} if lags == "last" else {1, min(SHORT_MEAN_BARS, window_bars), window_bars}
    return tuple(range(length) for length in sorted(lengths))


def name_of(feature: str, span: range) -> str:
    """Return the name of a column.

    Example:
        >>> name_of("return_1", range(0, 1)), name_of("return_1", range(2, 3)), name_of("return_1", range(5))
        ('return_1', 'return_1, 2 bars before', 'return_1, mean of 5 bars')
    """
    if len(span) > 1:
        return f"{feature}, mean of {len(span)} bars"
    return f"{feature}, {span.start} bars before" if span.start else feature
