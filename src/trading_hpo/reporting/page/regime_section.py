"""The section of the page that divides scores by regimes of the market."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trading_hpo.reporting.page.blocks import Block, Folded, Section, Table, Text
from trading_hpo.reporting.page.facts import Judged, Searched
from trading_hpo.reporting.page.numbers import NONE, number, whole
from trading_hpo.reporting.regimes import half_of, named_part, regime_name, without_value, worst_regimes

Scores = Mapping[str, Any]
_SAID = (
    "Regimes of the market by what was known at the close of each bar: volatility in the lowest, middle or highest "
    "third of its own past, and whether the last bars together have gained; or your own column. All folds together, "
    "after costs. ±: half of a 90 % interval, where it is known. One is always the worst: that with the least above "
    "the constant forecast."
)


def regime_sections(searched: Searched, judged: Judged | None) -> list[Section]:
    """Return the scores of each model type by regime, those of the winner first; nothing where none are kept."""
    first = None if searched.best is None else searched.best["model_type"]
    blocks: list[Block | Folded] = []
    for name in sorted(searched.begun, key=lambda name: name != first):
        if not (found := scores_by_part(name, searched, judged)):
            continue
        own: list[Block] = [regime_table(found), *(Text(line, faint=True) for line in _remarks(found))]
        blocks += [Text(name), *own] if name == first else [Folded(name, own)]
    return [Section("regimes", "Regimes", [Text(_SAID, faint=True), *blocks])] if blocks else []


def scores_by_part(model_type: str, searched: Searched, judged: Judged | None) -> dict[str, Scores]:
    """Return the scores of a model type's best configuration on validation, and on the holdout where it was judged."""
    best = searched.begun.get(model_type, {}).get("best") or {}
    look = judged.holdouts.get(model_type, {}) if judged and judged.line(model_type) else {}
    both = {"validation": best.get("regimes"), "holdout": look.get("regimes")}
    return {part: found for part, found in both.items() if found}


def regime_table(found: Mapping[str, Scores]) -> Table:
    """Return a line per regime, validation and holdout side by side."""
    lines = {part: {regime_name(line): line for line in own["scores"]} for part, own in found.items()}
    names = list(dict.fromkeys(name for own in lines.values() for name in own))
    metric = next(iter(found.values()))["metric"]
    head = ["", *(["bars", "samples", metric, "constant", "Sharpe"] * len(found))]
    rows = [
        [name, *(cell for part, own in lines.items() for cell in _cells(found[part], own.get(name)))] for name in names
    ]
    return Table(head, rows, (("", 1), *((part, 5) for part in found)))


def _cells(found: Scores, line: Scores | None) -> Sequence[str]:
    if line is None:
        return [NONE] * 5
    return [
        whole(line["bars"]),
        whole(line["samples"]),
        f"{number(line['value'])}{_half(half_of(found, line), 3)}",
        number(line["constant"]),
        f"{number(line['sharpe'], 2)}{_half(half_of(found, line, 'sharpe_error'), 2)}",
    ]


def _half(half: float | None, digits: int) -> str:
    return "" if half is None else f" ± {number(half, digits)}"


def _remarks(found: Mapping[str, Scores]) -> Iterator[str]:
    for part, own in found.items():
        if said := worst_regimes(own):
            yield f"Worst on {named_part(part)}: {said}."
        yield from (f"On {named_part(part)}, {why}." for why in without_value(own))
