"""The table that a run ends with."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


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
        _line(result, holdout, baselines)
        for result, holdout in zip(results, holdouts, strict=True)
        if result.get("best")
    ]
    return {
        "models": lines,
        "skipped": [
            result["model_type"] for result in results if not result.get("best") and "model_type" in result
        ],
        "holdout_looks": max((holdout.get("looks_so_far", 0) for holdout in holdouts), default=0),
        "buy_and_hold": {
            "validation": baselines["validation"]["buy_and_hold"],
            "holdout": baselines["holdout"]["buy_and_hold"],
        },
        "storage": next((r["storage"] for r in results if "storage" in r), None),
    }


def _line(
    result: Mapping[str, Any], holdout: Mapping[str, Any], baselines: Mapping[str, Any]
) -> dict[str, Any]:
    metric, best = result["metric"], result["best"]
    constant = baselines["validation"]["constant_forecast"].get(metric)
    spread = best["spread"].get(metric)
    error = None if spread is None else spread / np.sqrt(len(best["folds"]))
    sign = 1.0 if result["direction"] == "maximize" else -1.0
    found = holdout.get("metrics")
    holdout_constant = baselines["holdout"]["constant_forecast"].get(metric)
    return {
        "model_type": result["model_type"],
        "study_name": result["study_name"],
        "metric": metric,
        "trials": result["trials"],
        "validation": best["value"],
        "validation_spread": spread,
        "validation_constant": constant,
        "standard_errors_above_constant": None
        if constant is None or not error
        else sign * (best["value"] - constant) / error,
        "validation_sharpe": best["metrics"].get("sharpe"),
        "holdout": None if found is None else found[metric],
        "holdout_constant": holdout_constant,
        "holdout_beats_constant": None
        if found is None or found[metric] is None or holdout_constant is None
        else bool(sign * (found[metric] - holdout_constant) > 0),
        "holdout_sharpe": None if found is None else found["sharpe"],
        "holdout_max_drawdown": None if found is None else found["max_drawdown"],
    }


def verdict(line: Mapping[str, Any]) -> str:
    """Say in a few words whether a model type is better than foretelling the same class always.

    Example:
        >>> verdict({"standard_errors_above_constant": 0.4, "holdout_beats_constant": True})
        'no better than a constant'
    """
    errors, holdout = line["standard_errors_above_constant"], line["holdout_beats_constant"]
    if errors is None:
        return "no constant to compare with"
    if errors <= 2:
        return "no better than a constant"
    if holdout is None:
        return "better on validation, holdout not judged"
    return "better than a constant" if holdout else "better on validation only"


def render(report: Mapping[str, Any]) -> RenderableType:
    """Return the table and what to look at next."""
    metric = report["models"][0]["metric"] if report["models"] else "score"
    table = Table(title=f"Best configuration of each model type ({metric})", title_justify="left")
    for heading in ("model", "trials"):
        table.add_column(heading)
    for heading in (
        "validation ± spread",
        "constant",
        "std. errors above",
        "Sharpe",
        "holdout",
        "constant",
        "Sharpe",
        "drawdown",
    ):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for line in sorted(report["models"], key=lambda line: -(line["validation"] or 0)):
        table.add_row(
            line["model_type"],
            _counts(line["trials"]),
            f"{_number(line['validation'])} ± {_number(line['validation_spread'])}",
            _number(line["validation_constant"]),
            _number(line["standard_errors_above_constant"], 1),
            _number(line["validation_sharpe"], 2),
            _number(line["holdout"]),
            _number(line["holdout_constant"]),
            _number(line["holdout_sharpe"], 2),
            _percent(line["holdout_max_drawdown"]),
            verdict(line),
        )
    held = report["buy_and_hold"]
    table.add_section()
    table.add_row(
        "buy and hold",
        *[""] * 4,
        _number(held["validation"]["sharpe"], 2),
        "",
        "",
        _number(held["holdout"]["sharpe"], 2),
        _percent(held["holdout"]["max_drawdown"]),
        "",
    )
    return Group(table, Text("\n".join(_next_steps(report))))


def _next_steps(report: Mapping[str, Any]) -> list[str]:
    lines = [
        f"Looks at the holdout so far: {report['holdout_looks']} (each configuration counts once). The best of many",
        "trials looks better on validation than it is; spread is over folds, Sharpe is after costs.",
    ]
    if report["skipped"]:
        lines.append(f"Skipped: {', '.join(report['skipped'])}.")
    if report["models"]:
        name = report["models"][0]["study_name"]
        lines += [
            "",
            "Look further:",
            f"  python -c \"import optuna; s = optuna.load_study(study_name='{name}', "
            f"storage='{report['storage']}'); print(s.trials_dataframe())\"",
            "  kedro run --params labels.kind=volatility      the task with something to learn",
            "  kedro run --params source=us_tech_ohlcv        other data; your own: see README",
        ]
    return lines


def _counts(trials: Mapping[str, int]) -> str:
    finished = trials["complete"] + trials["pruned"] + trials["fail"]
    return f"{finished} ({trials['pruned']} pruned, {trials['fail']} failed)"


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
