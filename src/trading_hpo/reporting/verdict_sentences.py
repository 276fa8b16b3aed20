"""The verdicts in words: one sentence on the forecast, one on the money, one on luck."""

from collections.abc import Iterator, Mapping
from typing import Any

LEVEL = 0.05
_MOST_DIGITS = 17

Test = Mapping[str, Any]


def sentences(verdict: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the sentences of one model type, as far as there is something to say.

    Args:
        verdict: Of ``analysis.verdicts``.
    """
    said = {"forecast": _forecast(verdict["forecast"]), "money": _money(verdict["money"])}
    return {**said, **dict(_luck(verdict["forecast"]["validation"]))}


def reference_sentence(compared: Mapping[str, Any]) -> str:
    """Return which networks are better than the best reference, and by how much each is or is not.

    Args:
        compared: Of ``analysis.references``.

    Example:
        >>> mlp = {"difference": -0.01, "low": -0.03, "high": 0.01, "p_value": 0.8, "pairs": "32 blocks of bars"}
        >>> about = {"reference": "linear", "metric": "mcc", "level": 0.9}
        >>> reference_sentence({**about, "networks": {"mlp": mlp}})
        'no network is shown to be better than linear by mcc on validation, 90 % together: mlp -0.010 [-0.030, 0.010]'
    """
    if "why" in compared:
        return f"networks are not compared with a reference: {compared['why']}"
    networks: Mapping[str, Test] = compared["networks"]
    better = [name for name, own in networks.items() if own.get("low", 0.0) > 0]
    rest = [name for name in networks if name not in better]
    about = f"{compared['metric']} on validation, {100 * compared['level']:g} % together"
    than = f"better than {compared['reference']} by {about}: "
    listed, others = (", ".join(_difference(name, networks[name]) for name in names) for names in (better, rest))
    if not better:
        return f"no network is shown to be {than}{others}"
    return f"{than}{listed}{f'; not shown to be: {others}' if rest else ''}"


def _difference(name: str, own: Test) -> str:
    value = f" {own['difference']:+.3f}" if "difference" in own else ""
    return f"{name}{value} ({own['why']})" if "why" in own else f"{name}{value} [{own['low']:.3f}, {own['high']:.3f}]"


def _forecast(verdict: Mapping[str, Any]) -> str:
    validation, holdout = verdict["validation"], verdict["holdout"]
    if verdict["above"]:
        return (
            f"better than a constant forecast on validation ({_of_many(validation)}) and on the holdout "
            f"({_among(holdout)})"
        )
    if _is_above(validation):
        rest = f"the holdout is {holdout['why']}" if "why" in holdout else f"not on the holdout ({_among(holdout)})"
        return f"better than a constant forecast on validation ({_of_many(validation)}), {rest}"
    seen = f"on validation {validation['why'] if 'why' in validation else _of_many(validation)}"
    rest = "" if "why" in holdout else f", on the holdout {_among(holdout)}"
    return f"not shown to be better than a constant forecast: {seen}{rest}"


def _money(verdict: Mapping[str, Any]) -> str:
    validation, holdout, held = (verdict[name] for name in ("validation", "holdout", "above_buy_and_hold"))
    seen = f"on validation {validation['why'] if 'why' in validation else _of_many(validation)}"
    if "why" in holdout:
        return f"not shown to earn more than a constant forecast: {seen}; on the holdout {holdout['why']}"
    begins = "earns" if verdict["above"] else "not shown to earn"
    beside = "" if "why" in held else f"; against buy-and-hold {_interval(held)}"
    return (
        f"{begins} more than a constant forecast of the same exposure: {seen}; on the holdout {_interval(holdout)} a "
        f"year, {_among(holdout)}{beside}"
    )


def _luck(validation: Test) -> Iterator[tuple[str, str]]:
    if "why" not in validation:
        yield (
            "luck",
            f"the best of {_count(validation)} without skill would show {validation['metric']} "
            f"{validation['expected_best']:+.3f} above a constant forecast on these bars, this one shows "
            f"{validation['excess']:+.3f}",
        )


def _is_above(test: Test) -> bool:
    return test.get("p_value") is not None and test["p_value"] <= LEVEL


def _of_many(test: Test) -> str:
    return f"p {p_value(test['p_value'])} for the best of {_count(test)}"


def _count(test: Test) -> str:
    return f"{test['n_tried']:,} trial{'s' if test['n_tried'] != 1 else ''}"


def _among(test: Test) -> str:
    if test.get("p_value") is None:
        return "cannot be tested"
    finalists, looks = test["finalists"], test["earlier_looks"]
    parts = [f"{finalists} finalists"] if finalists > 1 else []
    parts += [f"{looks} earlier look{'s' if looks > 1 else ''}"] if looks else []
    return f"p {p_value(test['p_value'])}{' among ' if parts else ''}{' and '.join(parts)}"


def _interval(test: Test) -> str:
    low, estimate, high = (test[name] for name in ("low", "estimate", "high"))
    return f"{estimate:+.1%} ({low:+.1%} to {high:+.1%})"


def p_value(value: float, digits: int = 2) -> str:
    """Return a p-value with as many digits as keep it on its side of 5 %, at least so many.

    Example:
        >>> p_value(0.0504), p_value(0.34), p_value(0.00049975)
        ('0.0504', '0.34', '0.0005')
    """
    texts = (f"{value:.{more}g}" for more in range(digits, _MOST_DIGITS))
    return next(text for text in texts if (float(text) <= LEVEL) == (value <= LEVEL))
