"""Whether two values of a feature differ by more than rounding."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float

_RELATIVE = 2e-6  # features are kept in single precision
_ABSOLUTE = 1e-6  # what a feature with a decaying memory promises (`market.features.feature`)
_OF_SPREAD = 1e-4  # for features as small as the returns of minutes


def differ(
    values: Float[np.ndarray, "N F"], others: Float[np.ndarray, "N F"], spread: Float[np.ndarray, " F"]
) -> Bool[np.ndarray, "N F"]:
    """Return which values differ by more than rounding; a value that is missing on one side does not.

    Args:
        values: Of some rows.
        others: Of the same rows.
        spread: Standard deviation of each column.

    Example:
        >>> differ(np.array([[1.0, 1.0]]), np.array([[1.0 + 1e-7, 1.1]]), np.ones(2)).tolist()
        [[False, True]]
    """
    allowed = _RELATIVE * np.abs(values) + np.minimum(_ABSOLUTE, _OF_SPREAD * spread)
    with np.errstate(invalid="ignore"):
        found: Bool[np.ndarray, "N F"] = np.abs(values - others) > allowed
    return found


def changed_columns(
    values: Float[np.ndarray, "N F"], others: Float[np.ndarray, "N F"]
) -> Iterator[tuple[int, Bool[np.ndarray, " N"], float]]:
    """Yield of each column that differs its place, the rows in which it does, and its largest difference.

    Args:
        values: Of some rows.
        others: Of the same rows.

    Example:
        >>> [(place, rows.tolist(), size) for place, rows, size in changed_columns(np.eye(2), np.zeros((2, 2)))]
        [(0, [True, False], 1.0), (1, [False, True], 1.0)]
    """
    wrong = differ(values, others, spread_of(values))
    for place in np.flatnonzero(wrong.any(axis=0)).tolist():
        rows = wrong[:, place]
        yield place, rows, float(np.abs(values[rows, place] - others[rows, place]).max())


def spread_of(values: Float[np.ndarray, "N F"]) -> Float[np.ndarray, " F"]:
    """Return the standard deviation of each column, of the values that are there; 0 where none is."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    whole = np.where(known, values, 0.0)
    mean = whole.sum(axis=0) / count
    spread: Float[np.ndarray, " F"] = np.sqrt(np.where(known, (whole - mean) ** 2, 0.0).sum(axis=0) / count)
    return spread
