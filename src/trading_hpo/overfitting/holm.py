"""Several hypotheses judged together: the chance that any of them is called above by luck stays as it was set."""

from collections.abc import Mapping


def holm(p_values: Mapping[str, float], n_others: int = 0) -> dict[str, float]:
    """Return the adjusted p-value of each hypothesis, whatever they have in common.

    The smallest is multiplied by the number of hypotheses, the next by one less, and so on; none is below the one
    before it.

    Args:
        p_values: By name.
        n_others: Further hypotheses whose p-values are not known, such as earlier looks at the same bars. Each counts
            as one with a p-value of 1, the most cautious that it could be: every multiplier is greater by their number.

    Raises:
        ValueError: A p-value is not within 0 to 1, or ``n_others`` is negative.

    Source: Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure.

    Example:
        >>> holm({"lstm": 0.01, "mlp": 0.04, "other": 0.03})
        {'lstm': 0.03, 'mlp': 0.06, 'other': 0.06}
        >>> holm({"lstm": 0.01}, n_others=3)
        {'lstm': 0.04}
    """
    unusable = {name: p for name, p in p_values.items() if not 0 <= p <= 1}
    if unusable:
        raise ValueError(f"p_values must be within 0 to 1, got {unusable!r}.")
    if n_others < 0:
        raise ValueError(f"n_others must be at least 0, got {n_others!r}.")
    adjusted, greatest = {}, 0.0
    n_left = len(p_values) + n_others
    for name, p in sorted(p_values.items(), key=lambda item: item[1]):
        greatest = max(greatest, min(1.0, n_left * p))
        adjusted[name] = greatest
        n_left -= 1
    return {name: adjusted[name] for name in p_values}
