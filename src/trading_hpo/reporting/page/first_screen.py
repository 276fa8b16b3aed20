"""What a person reads first: what was searched, what won, what that is worth, what to do now."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from trading_hpo.escaping import shell_argument
from trading_hpo.reporting.figures.style import BASELINE_NAMES
from trading_hpo.reporting.page.facts import Judged, RunFacts, Searched
from trading_hpo.reporting.page.numbers import day, number, percent, plus_minus, whole

NAMED = 8  # assets in a line
_VERDICTS = (("forecast", "Forecast"), ("money", "Money"), ("luck", "Luck"))
_TO_BEAT = ("constant", "buy and hold")
_MONEY: Mapping[str, Callable[[Any], str]] = {
    "sharpe": partial(number, digits=2),
    "total_return": percent,
    "max_drawdown": partial(percent, digits=0),
}
_SHOWN = {"sharpe": "Sharpe", "total_return": "total return", "max_drawdown": "drawdown"}
NOT_JUDGED = "Not judged on the holdout yet."
NOT_TESTED = "Its trials have left nothing to test."


@dataclass(frozen=True)
class FirstScreen:
    """The top of the page.

    Attributes:
        searched: Names and what they are.
        winner: In a few words; empty while there is none.
        tiles: Numbers of the winner, each with its name and what to compare it with.
        verdicts: Names and sentences.
        steps: Sentences, each with a command that may be empty.
    """

    searched: Sequence[tuple[str, str]]
    winner: str
    tiles: Sequence[tuple[str, str, str]]
    verdicts: Sequence[tuple[str, str]]
    steps: Sequence[tuple[str, str]]


def first_screen(facts: RunFacts, searched: Searched, judged: Judged | None) -> FirstScreen:
    """Return what is said first; without ``judged`` that of the searches alone."""
    return FirstScreen(
        _what_was_searched(facts, searched, judged),
        _winner(searched),
        _tiles(searched, judged),
        _verdicts(searched, judged),
        [(said, facts.typed(command)) for said, command in _steps(searched, judged, facts)],
    )


def _what_was_searched(facts: RunFacts, searched: Searched, judged: Judged | None) -> list[tuple[str, str]]:
    # Studies of earlier versions have not recorded all of it.
    recorded = (result for result in searched.begun.values() if "search" in (result.get("conditions") or {}))
    result = next(recorded, {})
    about: Mapping[str, Any] = result.get("conditions", {})
    pairs = [("Scenario", facts.scenario), ("Source", facts.source)]
    if data := about.get("data"):
        goals = " and ".join(f"{goal['direction']} {goal['metric']}" for goal in result["objectives"])
        pairs += [
            ("Assets", _listed(data["assets"])),
            ("Bars", f"{day(data['first'])} to {day(data['last'])}, searched until {day(about.get('searched_until'))}"),
            ("Holdout", _holdout(about, judged)),
            ("Predicted", f"{data['label']} over {_bars(data['horizon_bars'])}, from {len(data['features'])} features"),
            ("Objective", f"{goals}, mean over {len(about['folds'])} folds"),
        ]
    pairs.append(("Model types", ", ".join(searched.begun) or "none yet"))
    counts = {state: searched.trials(state) for state in ("complete", "pruned", "fail", "running", "waiting")}
    states = ", ".join(f"{whole(n)} {'failed' if name == 'fail' else name}" for name, n in counts.items() if n)
    return [*pairs, ("Trials", f"{whole(sum(counts.values()))}: {states}" if states else "none yet")]


def _bars(count: int) -> str:
    return "1 bar" if count == 1 else f"{count} bars"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{len(names)}: {', '.join(names[:NAMED])}{more}"


def _holdout(about: Mapping[str, Any], judged: Judged | None) -> str:
    looks = [own for own in (judged.holdouts if judged else {}).values() if "metrics" in own]
    first, last = about.get("holdout", (0, 0))
    length = f"the last {whole(last - first)} bars"
    return f"{length}, {day(looks[0]['first'])} to {day(looks[0]['last'])}" if looks else f"{length}, not judged yet"


def _winner(searched: Searched) -> str:
    best = searched.best
    if best is None:
        return ""
    one = "" if len(searched.begun) == 1 else ", the best on validation"
    return f"{best['model_type']}, trial {best['trial_number']}{one}"


def _tiles(searched: Searched, judged: Judged | None) -> list[tuple[str, str, str]]:
    best = searched.best
    if best is None:
        return []
    line = None if judged is None else judged.line(best["model_type"])
    return _validation_tiles(best) if judged is None or line is None else _judged_tiles(line, judged)


def _validation_tiles(best: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    metric, metrics = best["metric"], best["metrics"]
    return [
        (f"{metric} on validation", number(best["value"]), f"± {number(best['spread'].get(metric))} over folds"),
        ("Sharpe on validation", number(metrics.get("sharpe"), 2), "after costs"),
        ("drawdown on validation", percent(metrics.get("max_drawdown"), 0), ""),
    ]


def _judged_tiles(line: Mapping[str, Any], judged: Judged) -> list[tuple[str, str, str]]:
    tiles = []
    for part, where in (("validation", "validation"), ("holdout", "the holdout")):
        beside = "; ".join(filter(None, [plus_minus(line, part), f"constant {number(line[f'{part}_constant'])}"]))
        tiles.append((f"{line['metric']} on {where}", number(line[part]), beside))
    own, *others = (judged.at_own_costs(name) for name in (line["model_type"], "constant_forecast", "buy_and_hold"))
    for key, shown in _MONEY.items():
        compared = ", ".join(f"{name} {shown(other.get(key))}" for name, other in zip(_TO_BEAT, others, strict=True))
        tiles.append((f"{_SHOWN[key]} on the holdout", shown(own.get(key)), compared))
    return tiles


def _verdicts(searched: Searched, judged: Judged | None) -> list[tuple[str, str]]:
    best = searched.best
    if best is None:
        return [("Result", why) for why in _why_nothing(searched)]
    line = None if judged is None else judged.line(best["model_type"])
    if line is None:
        so_far = searched.verdicts.get(best["model_type"], {})
        return _capital((title, so_far.get(name)) for name, title in _VERDICTS) or [("Forecast", NOT_JUDGED)]
    assert judged is not None
    own, compared = line.get("verdicts") or {}, judged.report.get("against_reference", {}).get("said")
    said = [(title, own.get(name)) for name, title in _VERDICTS] + [("Reference", compared)]
    return _capital(said) if own else [("Forecast", NOT_TESTED), *_capital(said)]


def _capital(said: Iterable[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """Return what is said as whole sentences."""
    return [(title, f"{_sentence(one)}.") for title, one in said if one]


def _why_nothing(searched: Searched) -> list[str]:
    found = [str(result["nothing_found"]) for result in searched.begun.values() if result.get("nothing_found")]
    return found or ["No trial is complete yet."]


def _steps(searched: Searched, judged: Judged | None, facts: RunFacts) -> Iterator[tuple[str, str]]:
    best = searched.best
    if judged is None:
        yield "Search to the end of the budget, train the best and judge them on the holdout", "kedro run"
    if best is not None:
        study = shell_argument(best["study_name"])
        yield "The best configuration with all its metrics", f"kedro study best {study}"
        yield "The trials next to it", f"kedro study trials {study} --top 10"
    if judged is not None:
        yield from ((_sentence(said), command) for said, command in facts.other_runs)
    if facts.pages:
        shown = ", ".join(f"{said} with `{command}`" for said, command in facts.pages)
        yield f"In a browser: {shown}", ""


def _sentence(said: str) -> str:
    return f"{said[0].upper()}{said[1:]}"


def shown_name(name: str) -> str:
    """Return a model type, or a baseline in words."""
    return BASELINE_NAMES.get(name, name)
