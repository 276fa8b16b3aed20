"""The table that a run ends with."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from trading_hpo.escaping import rich_text

LEAST_STANDARD_ERRORS = 2.0
_SHOWN = ("sharpe", "max_drawdown")  # beside the objective


def report_of(
    results: Sequence[Mapping[str, Any]], holdouts: Sequence[Mapping[str, Any]], baselines: Mapping[str, Any]
) -> dict[str, Any]:
    """Put together, per model type, what was found and what it must beat.

    Args:
        results: Of ``model_results``, in the order of the model types.
        holdouts: Of ``judge_holdout``, in the same order.
        baselines: Of ``baselines``.
    """
    lines = [
        _line(result, holdout if _is_of(result, holdout) else {}, baselines)
        for result, holdout in zip(results, holdouts, strict=True)
        if _comparable(result, baselines)
    ]
    return {
        "models": lines,
        "skipped": [r["model_type"] for r in results if not _comparable(r, baselines) and "model_type" in r],
        "nothing_found": {r["model_type"]: r["nothing_found"] for r in results if r.get("nothing_found")},
        "holdout_looks": max((holdout.get("looks_so_far", 0) for holdout in holdouts), default=0),
        "related_looks": _most(holdouts, "related_looks"),
        "validated_before": _validated(holdouts),
        "buy_and_hold": {
            "validation": baselines["validation"]["buy_and_hold"],
            "holdout": baselines["holdout"]["buy_and_hold"],
        },
        "storage": next((r["storage"] for r in results if "storage" in r), None),
    }


def _is_of(result: Mapping[str, Any], holdout: Mapping[str, Any]) -> bool:
    """Whether the network that was judged is the one of the best configuration, not of an earlier search."""
    best = result.get("best") or {}
    ours = (result.get("data_key"), result.get("study_name"), best.get("trial_number"))
    return ours == tuple(holdout.get(name) for name in ("data_key", "study_name", "trial_number"))


def _validated(holdouts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the trials of the studies that were validated on bars of a holdout; two may have had the same name."""
    studies = {study["study_id"]: study for own in holdouts for study in own.get("validated_before", [])}
    trials: Counter[str] = Counter()
    for study in studies.values():
        trials[study["study_name"]] += study["trials"]
    return dict(trials)


def _most(holdouts: Sequence[Mapping[str, Any]], name: str) -> dict[str, int]:
    """Return the largest of counts by name."""
    counts: dict[str, int] = {}
    for holdout in holdouts:
        for key, count in holdout.get(name, {}).items():
            counts[key] = max(count, counts.get(key, 0))
    return counts


def _comparable(result: Mapping[str, Any], baselines: Mapping[str, Any]) -> bool:
    """Whether there is a best configuration, found on the data and folds of the baselines."""
    return bool(result.get("best")) and result["data_key"] == baselines["data_key"]


def _line(result: Mapping[str, Any], holdout: Mapping[str, Any], baselines: Mapping[str, Any]) -> dict[str, Any]:
    metric, best = result["metric"], result["best"]
    constant = baselines["validation"]["constant_forecast"].get(metric)
    spread = best["spread"].get(metric)
    error = None if spread is None else spread / np.sqrt(len(best["folds"]))
    sign = 1.0 if result["direction"] == "maximize" else -1.0
    found, errors = holdout.get("metrics"), holdout.get("standard_errors", {})
    holdout_constant = baselines["holdout"]["constant_forecast"].get(metric)
    return {
        "model_type": result["model_type"],
        "study_name": result["study_name"],
        "metric": metric,
        "direction": result["direction"],
        "objectives": result.get("objectives", []),
        "front": len(result.get("pareto_front", [])),
        "broken_constraints": sorted(name for name, over in best.get("violations", {}).items() if over > 0),
        "trials": result["trials"],
        "set_aside": result.get("set_aside", []),
        "validation": best["value"],
        "validation_spread": spread,
        "validation_constant": constant,
        "standard_errors_above_constant": _errors_above(best["value"], constant, error, sign),
        "validation_sharpe": best["metrics"].get("sharpe"),
        "holdout": None if found is None else found.get(metric),
        "holdout_constant": holdout_constant,
        "holdout_standard_errors_above_constant": _errors_above(
            None if found is None else found.get(metric),
            holdout_constant,
            errors.get(metric),
            sign,
        ),
        "holdout_sharpe": None if found is None else found["sharpe"],
        "holdout_max_drawdown": None if found is None else found["max_drawdown"],
        "no_value": {
            where: {name: why for name, why in own.get("no_value", {}).items() if name in (metric, *_SHOWN)}
            for where, own in (("validation", best), ("holdout", holdout))
        },
    }


def _errors_above(value: float | None, constant: float | None, error: float | None, sign: float) -> float | None:
    return None if value is None or constant is None or not error else sign * (value - constant) / error


def verdict(line: Mapping[str, Any]) -> str:
    """Say in a few words whether a model type is better than always predicting the same class.

    Example:
        >>> verdict({"standard_errors_above_constant": 0.4, "holdout_standard_errors_above_constant": 3.0})
        'no better than a constant forecast'
    """
    validation = line["standard_errors_above_constant"]
    holdout = line["holdout_standard_errors_above_constant"]
    if validation is None:
        return "cannot be compared with a constant forecast"
    if validation <= LEAST_STANDARD_ERRORS:
        return "no better than a constant forecast"
    if holdout is None:
        return "above a constant forecast on validation; holdout not judged"
    if holdout <= LEAST_STANDARD_ERRORS:
        return "above a constant forecast on validation, not on the holdout"
    return "above a constant forecast on validation and holdout"


def render(report: Mapping[str, Any], typed: Callable[[str], str] = str) -> RenderableType:
    """Return the table, a sentence per model type, and what to look at next.

    Args:
        report: Of ``report_of``.
        typed: Completes commands that are recommended, as ``commands.cli_errors.as_typed`` does.
    """
    lines = sorted(report["models"], key=_best_first)
    table = _empty_table(lines[0]["metric"] if lines else "score")
    for line in lines:
        table.add_row(*_cells(line))
    table.add_section()
    if lines:
        constant = lines[0]
        validation, holdout = _number(constant["validation_constant"]), _number(constant["holdout_constant"])
        table.add_row("constant", validation, "", "", holdout, "", "", "")
    held = report["buy_and_hold"]
    sharpes = [_number(held[part]["sharpe"], 2) for part in ("validation", "holdout")]
    table.add_row("buy and hold", "", "", sharpes[0], "", "", sharpes[1], _percent(held["holdout"]["max_drawdown"]))
    return Group(table, *map(rich_text, [*_sentences(report, lines), "", *_next_steps(report, lines, typed)]))


def _empty_table(metric: str) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title=rich_text(f"Best configurations by {metric}"),
        title_justify="left",
    )
    table.add_column("", no_wrap=True)
    for heading in ("validation", "above", "Sharpe", "holdout", "above", "Sharpe", "drawdown"):
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _cells(line: Mapping[str, Any]) -> list[RenderableType]:
    return [
        rich_text(line["model_type"]),
        f"{_number(line['validation'])} ± {_number(line['validation_spread'])}",
        _number(line["standard_errors_above_constant"], 1),
        _number(line["validation_sharpe"], 2),
        _number(line["holdout"]),
        _number(line["holdout_standard_errors_above_constant"], 1),
        _number(line["holdout_sharpe"], 2),
        _percent(line["holdout_max_drawdown"]),
    ]


def _best_first(line: Mapping[str, Any]) -> tuple[bool, float]:
    """Those that keep the constraints first; with several objectives no single one decides."""
    sign = -1.0 if line["direction"] == "maximize" else 1.0
    several = len(line["objectives"]) > 1
    return bool(line["broken_constraints"]), 0.0 if several else sign * (line["validation"] or 0.0)


def _sentences(report: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> list[str]:
    said = [f"{line['model_type']:<12} {verdict(line)}" for line in lines]
    said += [f"{line['model_type']:<12} {how}" for line in lines for how in _how_it_was_chosen(line)]
    said += [f"{line['model_type']:<12} {why}" for line in lines for why in _without_value(line)]
    if report["skipped"]:
        said.append(f"Skipped: {', '.join(report['skipped'])}.")
    said += report.get("nothing_found", {}).values()
    return [
        *said,
        "",
        "above: standard errors above the constant forecast, over folds and over",
        "resamples of the holdout. Folds are few, and the best of many trials looks",
        "better on validation than it is. ±: spread over folds. Sharpe: after costs.",
        f"Configurations that have seen this holdout so far: {report['holdout_looks']}.",
        *(
            f"Others have seen the {index} index at the same time, or stocks in it: {count}."
            for index, count in report.get("related_looks", {}).items()
        ),
        *_searched_before(report.get("validated_before", {})),
    ]


def _without_value(line: Mapping[str, Any]) -> Iterator[str]:
    """Why a number of the table is not there."""
    for where, reasons in line.get("no_value", {}).items():
        yield from (f"{name} on {where} has no value: {why}" for name, why in reasons.items())


def _searched_before(validated: Mapping[str, int]) -> Iterator[str]:
    """What makes a holdout less than unseen."""
    if validated:
        yield (
            f"Bars of this holdout were validation bars of {sum(validated.values())} trials before, of "
            f"{', '.join(validated)}."
        )


def _how_it_was_chosen(line: Mapping[str, Any]) -> Iterator[str]:
    """What a choice among several objectives, within bounds, or without some trials, was made by."""
    if len(line["objectives"]) > 1:
        weights = ", ".join(f"{goal['metric']} {goal['weight']:g}" for goal in line["objectives"])
        yield f"chosen from a front of {line['front']} by the weights {weights}"
    if aside := line.get("set_aside"):
        yield f"set aside by hand: {'trial' if len(aside) == 1 else 'trials'} {', '.join(map(str, aside))}"
    if line["broken_constraints"]:
        yield f"no trial keeps all constraints; this one breaks {', '.join(line['broken_constraints'])}"


def _next_steps(
    report: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], typed: Callable[[str], str]
) -> list[str]:
    if not lines:
        return []
    return [
        "Look further:",
        "  # the task with something to learn",
        f"  {typed('kedro run --params labels.kind=volatility')}",
        "  # other data; your own: see README",
        f"  {typed('kedro run --params source=us_tech_ohlcv')}",
        "  python",
        "  >>> import optuna",
        f"  >>> name = {lines[0]['study_name']!r}",
        f"  >>> storage = {report['storage']!r}",
        "  >>> optuna.load_study(study_name=name, storage=storage).trials_dataframe()",
    ]


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
