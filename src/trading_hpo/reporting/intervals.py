"""How wide an interval is."""

from collections.abc import Mapping
from typing import Any

ONE_SIDED = 0.95  # at each end of an interval: the lower one is the 5 % that verdicts are made at
_EARLIER = 19  # of results that did not record their degrees of freedom: of 20 blocks


def half_interval(error: float, degrees_of_freedom: float) -> float:
    """Return half of the 90 % interval of a value, by Student's law.

    Args:
        error: Standard error of the value.
        degrees_of_freedom: Of the error.

    Example:
        >>> round(half_interval(0.01, 19), 5), round(half_interval(0.01, 4), 5)
        (0.01729, 0.02132)
    """
    from scipy.special import stdtrit

    return float(stdtrit(degrees_of_freedom, ONE_SIDED)) * error


def freedom_of(record: Mapping[str, Any]) -> float:
    """Return the degrees of freedom of the errors of a record; those of twenty blocks where none were recorded."""
    return float(record.get("degrees_of_freedom", _EARLIER))
