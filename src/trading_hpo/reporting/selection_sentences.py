"""The statistics of selection bias in words: one plain sentence each, with its number and what would change it."""

from collections.abc import Iterator, Mapping
from typing import Any

from trading_hpo.reporting.verdict_sentences import p_value

DEFLATED, OVERFITTING = "Deflated Sharpe", "Backtest overfitting"  # titles that others look for

Found = Mapping[str, Any]


def selection_sentences(found: Found) -> dict[str, str]:
    """Return the sentences about one model type's choice by their titles.

    Args:
        found: Of ``analysis.selection_statistics``, of the model type.
    """
    said = dict(_of_returns(found["own"]))
    said[OVERFITTING] = _overfitting(found["overfitting"])
    said["Reality check"] = _reality_check(found["reality_check"])
    said["Forecast"] = _forecast(found["forecast"])
    return said


def _of_returns(own: Found) -> Iterator[tuple[str, str]]:
    if "why" in own:
        yield "Sharpe", f"It cannot be tested: {own['why']}."
        return
    active, span = own["active"], f"over {_years(own['years'])} ({own['bars']:,} bars)"
    if "why" in active:
        yield "Sharpe", f"{_ratio(own['sharpe'])} a year after costs {span}; nothing to test, since {active['why']}."
        return
    yield (
        "Sharpe",
        f"{active['sharpe']:.2f} a year above a constant forecast of the same exposure, after costs, {span}: the active "
        f"Sharpe, which all that follows is about. As it is, {_ratio(own['sharpe'])}.",
    )
    yield "Probabilistic Sharpe", _probabilistic(own, active)
    yield DEFLATED, _deflated(active)
    if effective := active["effective"]:
        yield "Effective trials", _effective(active, effective)
    yield "Track record", _track_record(own, active)
    yield "Backtest length", _backtest_length(own, active)


def _probabilistic(own: Found, active: Found) -> str:
    raw = "" if own["probabilistic"] is None else f" On raw returns {_share(own['probabilistic'])}: the market's part."
    return (
        f"PSR {_share(active['probabilistic'])} that the true active Sharpe is above 0, had this been the only trial."
        f"{raw}"
    )


def _deflated(active: Found) -> str:
    own, sharpe = active["deflated"], active["sharpe"]
    if own["n_trials"] == 1:
        return f"DSR {_share(own['probability'])}: with one trial nothing was chosen, and it is the probabilistic one."
    said = (
        f"DSR {_share(own['probability'])}: the best of {own['n_trials']:,} trials without skill would show a Sharpe of "
        f"{own['expected_best']:.2f}; this one has {sharpe:.2f}."
    )
    if own["probability"] is not None and own["probability"] >= active["level"]:
        return f"{said} It is more than luck would show, as long as no more trials are made on these bars."
    if own["years"] is None:
        return f"{said} No number of years would settle it at a Sharpe that is not above 0."
    return f"{said} More years, not more trials, would settle it: {_years(own['years'])} at this Sharpe."


def _effective(active: Found, effective: Found) -> str:
    series, alike = effective["n_series"], effective["n_trials"]
    return (
        f"The {series:,} trials that have kept their returns are like {alike:,} different ones: counted so, DSR "
        f"{_share(effective['probability'])} against a Sharpe of {effective['expected_best']:.2f}. Trials that differ "
        f"more would bring it closer to the {_share(active['deflated']['probability'])} above."
    )


def _track_record(own: Found, active: Found) -> str:
    years, level = active["track_record_years"], active["level"]
    if years is None:
        return "No length of it would show a Sharpe above 0: this one is not."
    needed = f"{_years(years)} ({active['track_record_bars']:,.0f} bars) at this Sharpe would show it to be above 0"
    enough = "that is enough, for a single trial" if own["years"] >= years else "longer validation would"
    return f"{needed} with {level:.0%}; there are {_years(own['years'])}: {enough}."


def _backtest_length(own: Found, active: Found) -> str:
    years, n_trials = active["backtest_years"], active["deflated"]["n_trials"]
    if years is None:
        return "Luck alone shows a Sharpe above 0 over any length; this one is not above 0."
    if n_trials == 1:
        return "With one trial there is no choice that a short back-test could mislead."
    begins = f"The best of {n_trials:,} trials without skill shows a Sharpe of {active['sharpe']:.2f} up to"
    rest = "longer than that" if own["years"] >= years else "no longer. Fewer trials, or more years, would change that"
    return f"{begins} {_years(years)} of bars, as is expected; there are {_years(own['years'])}, {rest}."


def _overfitting(found: Found) -> str:
    if "why" in found:
        return f"Not to be said yet. {found['why']}"
    many = f"{found['n_splits']:,} ways to halve {found['n_blocks']} blocks of bars"
    means = "choosing by Sharpe is worse than by chance" if found["probability"] > 0.5 else "a coin would give 0.5"
    return (
        f"PBO {_share(found['probability'])}: of {many}, that share chooses a trial on one half that is in the lower half "
        f"of {found['n_trials']:,} on the other; {means}. More bars, or trials that truly differ, would lower it."
    )


def _reality_check(found: Found) -> str:
    if "why" in found:
        return f"Not to be said: {found['why']}."
    hansen = found["superior"]["consistent"]
    return (
        f"p {p_value(found['p_value'])} (White) and {p_value(hansen)} (Hansen's SPA): how often the best of "
        f"{found['n_series']:,} trials without skill earns as much above the constant forecast. At most 0.05 is more than "
        "luck; more bars would show an edge that is there."
    )


def _forecast(found: Found) -> str:
    constant, reference = found["constant"], found["reference"]
    if "why" in constant:
        return f"Losses cannot be compared: {constant['why']}."
    beside = (
        f"; no reference beside it, since {reference['why']}"
        if "why" in reference
        else f", {p_value(reference['p_value'])} against {reference['name']}"
    )
    return (
        f"Diebold-Mariano p {p_value(constant['p_value'])} against the constant forecast{beside}: by {constant['metric']} "
        f"over {constant['blocks']} blocks of bars, which is what trials keep of their losses. It does not know how many "
        "trials there were; more blocks would make it sharper."
    )


def _years(years: float) -> str:
    return f"{years:,.0f} years" if years >= 100 else f"{years:.1f} years"


def _ratio(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    """Return a probability with two digits, and more where that would make it 0, 1 or 0.95.

    Example:
        >>> _share(0.412), _share(0.9499), _share(0.9999), _share(1.0), _share(None)
        ('0.41', '0.9499', '0.9999', '1.00', 'none')
    """
    if value is None:
        return "none"
    texts = [f"{value:.{digits}f}" for digits in (2, 3, 4)]
    kept = (
        text
        for text in texts
        if float(text) == value or (0 < float(text) < 1 and (float(text) >= 0.95) == (value >= 0.95))
    )
    return next(kept, texts[0])
