"""The statistics of selection bias in words: one plain sentence each, with its number and what would change it."""

from collections.abc import Iterator, Mapping
from typing import Any

from trading_hpo.reporting.probability import probability
from trading_hpo.reporting.verdict_sentences import p_value

DEFLATED, OVERFITTING = "Deflated Sharpe (DSR)", "Backtest overfitting"  # titles that others look for
NEVER_YEARS = 100  # longer than any market that could be traded with the same configuration

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
    active, span = own["active"], f"{_years(own['years'])}, {own['bars']:,} bars"
    if "why" in active:
        yield "Sharpe", f"{_ratio(own['sharpe'])} a year after costs, over {span}; nothing to test: {active['why']}."
        return
    yield (
        "Sharpe",
        f"{active['sharpe']:.2f} a year above a constant forecast of the same exposure (active), "
        f"{_ratio(own['sharpe'])} raw, both after costs; {span}.",
    )
    yield "Probabilistic Sharpe", _probabilistic(own, active)
    yield DEFLATED, _deflated(active)
    if effective := active["effective"]:
        yield "Effective trials", _effective(effective)
    yield "Track record", _track_record(own, active)
    yield "Backtest length", _backtest_length(own, active)


def _probabilistic(own: Found, active: Found) -> str:
    shown = probability(active["probabilistic"])
    raw = "" if own["probabilistic"] is None else f" On raw returns it is {probability(own['probabilistic'])}."
    return f"PSR {shown}: the probability that the active Sharpe is above 0, were this the only trial.{raw}"


def _deflated(active: Found) -> str:
    own, shown = active["deflated"], probability(active["deflated"]["probability"])
    if own["n_trials"] == 1:
        return f"{shown}, the probabilistic Sharpe: of one trial none was chosen."
    said = (
        f"{shown}. The best of {own['n_trials']:,} trials without skill would show an active Sharpe of "
        f"{own['expected_best']:.2f}; this one's is {active['sharpe']:.2f}."
    )
    if own["probability"] is not None and own["probability"] >= active["level"]:
        return f"{said} Luck shows less; every further trial on these bars raises what it shows."
    if own["years"] is None:
        return f"{said} No number of years would settle it at a Sharpe that is not above 0."
    return f"{said} More years, not more trials, would settle it: {_years(own['years'])} at this Sharpe."


def _effective(effective: Found) -> str:
    shown, n_series, n_trials = probability(effective["probability"]), effective["n_series"], effective["n_trials"]
    if n_trials == 1:
        said = f"DSR {shown} if the {n_series:,} trials with returns, which move together, count as one."
    elif n_trials == n_series:
        said = f"DSR {shown} of the {n_series:,} trials with returns alone: no two of them move together."
    else:
        said = (
            f"DSR {shown}, against an active Sharpe of {effective['expected_best']:.2f}, if the {n_series:,} trials "
            f"with returns count as {n_trials:,}: one for each group that moves together."
        )
    return f"{said} The less alike trials are, the more they count."


def _track_record(own: Found, active: Found) -> str:
    years = active["track_record_years"]
    if years is None:
        return "No number of years would show that the active Sharpe is above 0: it is not."
    bars = "" if years > NEVER_YEARS else f" ({active['track_record_bars']:,.0f} bars)"
    return (
        f"{_years(years).capitalize()}{bars} at this active Sharpe would show with "
        f"{active['level']:.0%} that it is above 0, were this the only trial; there are {_years(own['years'])}."
    )


def _backtest_length(own: Found, active: Found) -> str:
    years, n_trials = active["backtest_years"], active["deflated"]["n_trials"]
    if years is None:
        return "Luck shows an active Sharpe above 0 over any length; this one is not above 0."
    if n_trials == 1:
        return "Of one trial none was chosen: no length is too short for the number of trials."
    change = "enough for so many trials" if own["years"] >= years else "more years or fewer trials would be enough"
    return (
        f"Over less than {_years(years)} the best of {n_trials:,} trials without skill is expected to show an active "
        f"Sharpe of {active['sharpe']:.2f}; there are {_years(own['years'])}: {change}."
    )


def _overfitting(found: Found) -> str:
    if "why" in found:
        return f"Too few: {found['why']}"
    return (
        f"PBO {probability(found['probability'])}: the share of {found['n_splits']:,} ways to halve the bars in which "
        f"the best of {found['n_trials']:,} trials on one half is in the lower half on the other. Skill brings it to "
        "0, and with more bars sooner."
    )


def _reality_check(found: Found) -> str:
    if "why" in found:
        return f"{found['why'][0].upper()}{found['why'][1:]}."
    return (
        f"p {p_value(found['p_value'])} (White), {p_value(found['superior']['consistent'])} (Hansen): how often the "
        f"best of {found['n_series']:,} trials without skill earns as much as the one here that earns most, whichever "
        "it is; at most 0.05 is more than luck. More bars lower it if there is an edge."
    )


def _forecast(found: Found) -> str:
    constant, reference = found["constant"], found["reference"]
    if "why" in constant:
        return f"Losses cannot be compared: {constant['why']}."
    beside = "" if "why" in reference else f", {p_value(reference['p_value'])} against {reference['name']}"
    return (
        f"Diebold-Mariano p {p_value(constant['p_value'])} against the constant forecast{beside}, by "
        f"{constant['metric']} in {constant['blocks']} blocks of bars, were this the only trial. More blocks lower it "
        "if the forecast is better."
    )


def _years(years: float) -> str:
    return "over a hundred years" if years > NEVER_YEARS else f"{years:.1f} years"


def _ratio(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
