"""Probabilities as texts."""

from trading_hpo.overfitting.sharpe import LEVEL

_DIGITS = (2, 3, 4)


def probability(value: float | None) -> str:
    """Return a probability with two digits, or as many as keep it below 1, above 0 and on its side of 0.95.

    Example:
        >>> probability(0.412), probability(0.9499), probability(0.9999), probability(1.0), probability(None)
        ('0.41', '0.9499', '0.9999', '1.00', 'none')
    """
    if value is None:
        return "none"
    texts = [f"{value:.{digits}f}" for digits in _DIGITS]
    return next((text for text in texts if _sides(float(text)) == _sides(value)), texts[0])


def _sides(value: float) -> tuple[bool, bool, bool]:
    return value > 0, value < 1, value >= LEVEL
