"""Whether two values of a feature differ by more than rounding."""

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


def spread_of(values: Float[np.ndarray, "N F"]) -> Float[np.ndarray, " F"]:
    """Return the standard deviation of each column, of the values that are there; 0 where none is."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    whole = np.where(known, values, 0.0)
    mean = whole.sum(axis=0) / count
    spread: Float[np.ndarray, " F"] = np.sqrt(np.where(known, (whole - mean) ** 2, 0.0).sum(axis=0) / count)
    return spread
