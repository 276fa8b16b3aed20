"""Points of several objectives: dominance and selection. Every coordinate is to be small."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int


def oriented(values: Sequence[Sequence[float]], directions: Sequence[str]) -> Float[np.ndarray, "N M"]:
    """Return the points with every objective turned so that small is good.

    Args:
        values: One line per point.
        directions: ``maximize`` or ``minimize``, one per objective.
    """
    signs = np.array([-1.0 if direction == "maximize" else 1.0 for direction in directions])
    return np.asarray(values, dtype=np.float64).reshape(-1, len(signs)) * signs


def front_numbers(points: Float[np.ndarray, "N M"]) -> Int[np.ndarray, " N"]:
    """Return the non-dominated front of every point: 0 for the non-dominated ones.

    A point dominates another if it is nowhere worse and somewhere better; equal points share a front.

    Source: Deb et al. (2002), NSGA-II, section III A.

    Example:
        >>> front_numbers(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0]])).tolist()
        [0, 0, 1]
    """
    if points.shape[1] == 1:
        return np.unique(points[:, 0], return_inverse=True)[1]
    dominates = _dominates(points)
    dominated_by, number = dominates.sum(axis=0), np.full(len(points), -1)
    for front in range(len(points)):
        ours = (dominated_by == 0) & (number < 0)
        if not ours.any():
            break
        number[ours] = front
        dominated_by = dominated_by - dominates[ours].sum(axis=0)
    return number


def _dominates(points: Float[np.ndarray, "N M"]) -> "np.ndarray":
    nowhere_worse, somewhere_better = np.ones((len(points),) * 2, dtype=bool), np.zeros((len(points),) * 2, dtype=bool)
    for column in points.T:  # one objective at a time: N x N x M would not fit for thousands of trials
        nowhere_worse &= column[:, None] <= column[None, :]
        somewhere_better |= column[:, None] < column[None, :]
    return nowhere_worse & somewhere_better


def spread_out(points: Float[np.ndarray, "N M"]) -> list[int]:
    """Return the points of one front in an order whose every beginning is spread over it.

    The best of each objective come first, then always the one that is farthest from those before it.

    Source: the epsilon-net of Schmucker et al. (2021), which begins anywhere; beginning with the ends keeps the cheap
    end of a front, however few go on.
    """
    span = np.ptp(points, axis=0)
    scaled = points / np.where(span > 0, span, 1.0)
    order = list(dict.fromkeys(int(np.lexsort((points.sum(axis=1), column))[0]) for column in points.T))
    distance = np.min([np.linalg.norm(scaled - scaled[place], axis=1) for place in order], axis=0)
    while len(order) < len(points):
        distance[order] = -1.0
        order.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(scaled - scaled[order[-1]], axis=1))
    return order


def is_among_best(points: Float[np.ndarray, "N M"], place: int, kept: int) -> bool:
    """Whether a point is one of the ``kept`` best: whole fronts first, the last one spread out; equals are equal.

    Args:
        points: Ours among them.
        place: Of ours.
        kept: How many.
    """
    number = front_numbers(points)
    before = int((number < number[place]).sum())
    front = np.flatnonzero(number == number[place])
    left = kept - before
    if left <= 0 or left >= len(front):
        return left > 0
    taken = front[spread_out(points[front])[:left]]
    return bool((points[taken] == points[place]).all(axis=1).any())


def by_weights(points: Float[np.ndarray, "N M"], weights: Sequence[float]) -> Float[np.ndarray, " N"]:
    """Return the weighted sum of every point; each objective runs from 0 to 1 between its ends on the first front.

    Args:
        points: Of all fronts.
        weights: One per objective; only their ratios count.
    """
    first = points[front_numbers(points) == 0]
    # Where the first front has one value, the range of all points separates the others.
    span = np.where(np.ptp(first, axis=0) > 0, np.ptp(first, axis=0), np.ptp(points, axis=0))
    share = np.asarray(weights, dtype=np.float64) / np.sum(weights)
    scaled: Float[np.ndarray, "N M"] = (points - first.min(axis=0)) / np.where(span > 0, span, 1.0)
    return scaled @ share
