"""Scores by regime in words: what a regime is called, and which is the worst."""

from collections.abc import Iterator, Mapping
from typing import Any

from trading_hpo.reporting.intervals import freedom_of, half_interval

Scores = Mapping[str, Any]


def regime_name(line: Scores) -> str:
    """Return what a regime is called.

    Example:
        >>> regime_name({"by": "volatility", "regime": "high"}), regime_name({"by": "regime", "regime": "QE 3"})
        ('high volatility', 'regime QE 3')
    """
    return f"regime {line['regime']}" if line["by"] == "regime" else f"{line['regime']} {line['by']}"


def half_of(found: Scores, line: Scores, name: str = "error") -> float | None:
    """Return half of the 90 % interval of a regime's score, where its error is known.

    Args:
        found: Of ``regime_scores``.
        line: Of its scores.
        name: ``error`` of the forecast, or ``sharpe_error``.
    """
    error = line.get(name)
    return None if error is None else half_interval(error, freedom_of(found))


def named_part(part: str) -> str:
    """Return how validation and holdout are called in a sentence.

    Example:
        >>> named_part("validation"), named_part("holdout")
        ('validation', 'the holdout')
    """
    return f"the {part}" if part == "holdout" else part


def worst_regimes(found: Scores | None) -> str | None:
    """Return where the forecast and the money are worst, in a sentence; none where nothing can be compared.

    Args:
        found: Of ``regime_scores``.

    Example:
        >>> line = {"by": "volatility", "regime": "high", "bars": 612, "samples": 12240, "value": 0.003, "sharpe": -0.3}
        >>> worst_regimes({"metric": "mcc", "scores": [line], "worst_forecast": 0, "worst_money": 0})
        'mcc in high volatility, 0.003 over 612 bars (12,240 samples); Sharpe in high volatility, -0.30 over 612 bars'
    """
    return "; ".join(_worst(found or {})) or None


def _worst(found: Scores) -> Iterator[str]:
    scores = found.get("scores", [])
    if (place := found.get("worst_forecast")) is not None:
        line, metric = scores[place], found["metric"]
        counts = f"{line['bars']:,} bars ({line['samples']:,} samples)"
        yield f"{metric} in {regime_name(line)}, {_number(line['value'], half_of(found, line), 3)} over {counts}"
    if (place := found.get("worst_money")) is not None:
        line = scores[place]
        value = _number(line["sharpe"], half_of(found, line, "sharpe_error"), 2)
        yield f"Sharpe in {regime_name(line)}, {value} over {line['bars']:,} bars"


def without_value(found: Scores) -> Iterator[str]:
    """Yield why scores are not there: each reason once, with the scores and the regimes that it is of."""
    regimes: dict[tuple[str, str], list[str]] = {}
    for line in found["scores"]:
        for name, why in line["no_value"].items():
            regimes.setdefault((name, why), []).append(regime_name(line))
    names: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (name, why), own in regimes.items():
        names.setdefault((why, tuple(own)), []).append(name)
    for (why, those), metrics in names.items():
        yield f"no {' and no '.join(metrics)} in {', '.join(those)}: {why}"


def _number(value: float, half: float | None, digits: int) -> str:
    return f"{value:.{digits}f}{'' if half is None else f' ± {half:.{digits}f}'}"
