"""The section of the page that asks whether the winner is luck."""

from collections.abc import Mapping
from typing import Any

from trading_hpo.reporting.page.blocks import Block, Drawn, Facts, Folded, Section, Table, Text
from trading_hpo.reporting.page.facts import Searched
from trading_hpo.reporting.page.numbers import NONE, number
from trading_hpo.reporting.probability import probability
from trading_hpo.reporting.selection_sentences import NEVER_YEARS, selection_sentences

NOTHING = "No trial is complete yet, or those that are have left nothing to test."


def luck_section(searched: Searched) -> Section:
    """Return the statistics of selection bias: of the winner in words, of all model types as numbers."""
    first = "" if searched.best is None else str(searched.best["model_type"])
    there = sorted(searched.selection, key=lambda name: name != first)
    if first not in searched.selection:
        return Section("luck", "Is it luck?", [Text(NOTHING)])
    blocks: list[Block | Folded] = [
        Text(
            f"Of {first}, the best of all, on validation. DSR and backtest length count all trials that this project "
            "has made on these bars; effective trials, PBO and the reality check, those whose returns are kept."
        ),
        Facts(list(selection_sentences(searched.selection[first]).items())),
        Drawn("overfitting_figure", "How the best trial of one half of the bars ranks on the other half"),
        Table(_HEAD, [[name, *_numbers(searched.selection[name])] for name in there], _GROUPS, strong=(0,)),
        Text(
            "Of active returns. PSR, DSR: how likely the Sharpe is above 0, above what luck would show; years: until "
            "that is 0.95, at this Sharpe.",
            faint=True,
        ),
    ]
    blocks += [Folded(name, [Facts(list(selection_sentences(searched.selection[name]).items()))]) for name in there[1:]]
    return Section("luck", "Is it luck?", blocks)


_HEAD = ("", "Sharpe", "PSR", "years", "Sharpe", "DSR", "years", "DSR, effective", "years")
_GROUPS = (("", 2), ("above 0", 2), ("above luck", 4), ("so far", 1))


def _numbers(found: Mapping[str, Any]) -> list[str]:
    own = found["own"]
    active = own.get("active", {})
    if "sharpe" not in active:
        return [NONE] * (len(_HEAD) - 2) + [number(own.get("years"), 1)]
    deflated, effective = active["deflated"], active["effective"] or {}
    return [
        number(active["sharpe"], 2),
        _probability(active["probabilistic"]),
        _years(active["track_record_years"]),
        number(deflated["expected_best"], 2),
        _probability(deflated["probability"]),
        _years(deflated["years"]),
        _probability(effective.get("probability")),
        number(own["years"], 1),
    ]


def _years(value: float | None) -> str:
    return f"over {NEVER_YEARS}" if value is not None and value > NEVER_YEARS else number(value, 1)


def _probability(value: float | None) -> str:
    return NONE if value is None else probability(value)
