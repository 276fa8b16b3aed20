"""The mean over folds, where a bar may be validated several times."""

from collections.abc import Sequence

import numpy as np


def mean_over_paths(values: Sequence[float | None], paths: Sequence[Sequence[int]]) -> float | None:
    """Return the mean over paths of the mean over a path's validation ranges; none if a value is none.

    A fold's value counts once for each of its validation ranges, in the path of that range. With one path of one
    range per fold it is the mean over folds.

    Args:
        values: Of a metric, one per fold.
        paths: Of each fold, the path of each of its validation ranges.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 12.3.

    Example:
        >>> mean_over_paths([1.0, 3.0], [(0,), (0,)]), mean_over_paths([1.0, 3.0, 8.0], [(0, 0), (0, 1), (1,)])
        (2.0, 3.5833333333333335)
    """
    of_path: dict[int, list[float]] = {}
    for value, own in zip(values, paths, strict=True):
        if value is None:
            return None
        for path in own:
            of_path.setdefault(path, []).append(value)
    return float(np.mean([np.mean(of_path[path]) for path in sorted(of_path)]))
