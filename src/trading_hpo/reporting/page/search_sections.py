"""The sections of the page that show how the search went, and under what."""

from collections.abc import Iterable, Mapping
from typing import Any

from trading_hpo.reporting.page.blocks import Block, Drawn, Facts, Folded, Section, Table, Text
from trading_hpo.reporting.page.facts import RunFacts, Searched
from trading_hpo.reporting.page.numbers import NONE, number, setting, whole

MOST_FAILURES = 5


def search_sections(searched: Searched) -> list[Section]:
    """Return the searches side by side and one by one, and the best configurations."""
    first = None if searched.best is None else searched.best["model_type"]
    ordered = sorted(searched.begun, key=lambda name: name != first)
    blocks: list[Block | Folded] = [
        Drawn("convergence_figure", "Best so far, by what was spent"),
        Drawn("comparison_figure", "All complete trials, and the best one fold by fold"),
    ]
    blocks += [_of_model(name, searched.begun[name], name == first) for name in ordered]
    left = {name: result for name, result in searched.results.items() if name not in searched.begun}
    blocks += [Text(f"{name}: {result.get('skipped', NONE)}", faint=True) for name, result in left.items()]
    return [
        Section("search", "Search", blocks),
        Section("folds", "Folds", [Drawn("folds_figure", "What each fold learned from, stopped by and was judged on")]),
        Section("best", "Best configurations", [_configurations(searched)]),
    ]


def _of_model(name: str, result: Mapping[str, Any], opened: bool) -> Folded:
    trials, best = result["trials"], result.get("best")
    pairs = [
        ("Study", str(result["study_name"])),
        ("Trials", ", ".join(f"{whole(count)} {state}" for state, count in trials.items() if count) or "none"),
        ("Spent", f"{whole(result.get('epochs'))} epochs, {whole(result.get('training_time_s'))} s of training"),
        ("Best", f"{number(best['value'], 4)} in trial {best['trial_number']}" if best else "none yet"),
    ]
    if aside := result.get("set_aside"):
        pairs.append(("Set aside", ", ".join(map(str, aside))))
    failures = result.get("failures", [])[:MOST_FAILURES]
    pairs += [(f"Trial {failure['trial']} failed", str(failure["reason"])) for failure in failures]
    blocks: list[Block] = [
        Facts(pairs),
        Drawn(f"{name}.history_figure", "Every trial"),
        Drawn(f"{name}.importance_figure", "Importance of the parameters (PED-ANOVA)"),
        Drawn(f"{name}.slice_figure", "Value by each parameter"),
        Drawn(f"{name}.parallel_figure", "Each configuration as a line"),
    ]
    if len(result.get("objectives", [])) > 1:
        blocks.append(Drawn(f"{name}.pareto_figure", "Pareto front"))
    return Folded(f"{name}: {whole(sum(trials.values()))} trials", blocks, opened)


def _configurations(searched: Searched) -> Table | Text:
    chosen = {name: result["best"] for name, result in searched.begun.items() if result.get("best")}
    if not chosen:
        return Text("No trial is complete yet.")
    parameters = list(dict.fromkeys(name for best in chosen.values() for name in best["params"]))
    rows = [["trial", *(str(best["trial_number"]) for best in chosen.values())]]
    rows += [
        [name, *(setting(best["params"][name]) if name in best["params"] else NONE for best in chosen.values())]
        for name in parameters
    ]
    return Table(["parameter", *chosen], rows)


def environment_sections(facts: RunFacts, searched: Searched) -> list[Section]:
    """Return the configuration and what the run was made with."""
    parameters = Table(["parameter", "value"], [list(pair) for pair in facts.parameters.items()], texts=(1,))
    results = list(searched.begun.values())
    pairs = [
        *facts.versions.items(),
        ("data, digest", _each(result.get("panel_digest") for result in results)),
        ("seed", _each((result.get("conditions") or {}).get("seed") for result in results)),
        ("studies", _each(result.get("storage") for result in results)),
    ]
    return [
        Section("configuration", "Configuration", [Folded(f"{len(facts.parameters)} parameters", [parameters])]),
        Section("environment", "Environment", [Facts(pairs)]),
    ]


def _each(values: Iterable[Any]) -> str:
    """Return the different ones of some values, those that are there."""
    return ", ".join(sorted({str(value) for value in values if value is not None})) or NONE
