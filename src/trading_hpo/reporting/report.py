"""What a run ends with, as plain data: per model type what was found, what it must beat, and the verdicts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from trading_hpo.reporting.intervals import freedom_of, half_interval
from trading_hpo.reporting.selection_sentences import selection_sentences
from trading_hpo.reporting.verdict_sentences import reference_sentence, sentences

SELECTION = (
    "active_sharpe",
    "probabilistic_sharpe",
    "deflated_sharpe",
    "overfitting_probability",
    "superior_ability_p_value",
)
SHOWN = ("annual_return", "sharpe", "max_drawdown", "turnover")  # beside the objective


def report_of(
    results: Sequence[Mapping[str, Any]],
    holdouts: Sequence[Mapping[str, Any]],
    baselines: Mapping[str, Any],
    verdicts: Mapping[str, Mapping[str, Any]],
    compared: Mapping[str, Any],
    selection: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Put together, per model type, what was found and what it must beat.

    Args:
        results: Of ``model_results``, in the order of the model types.
        holdouts: Of ``judge_holdout``, in the same order.
        baselines: Of ``baselines``.
        verdicts: Of ``analysis.verdicts``, by model type.
        compared: Of ``analysis.references``.
        selection: Of ``analysis.selection_statistics``, by model type.
    """
    lines = [
        {
            **_line(result, holdout if is_of(result, holdout) else {}, baselines, verdicts.get(result["model_type"])),
            **_selection(selection.get(result["model_type"])),
        }
        for result, holdout in zip(results, holdouts, strict=True)
        if _comparable(result, baselines)
    ]
    return {
        "models": lines,
        "against_reference": {**compared, "said": reference_sentence(compared)},
        "skipped": [r["model_type"] for r in results if not _comparable(r, baselines) and "model_type" in r],
        "nothing_found": {r["model_type"]: r["nothing_found"] for r in results if r.get("nothing_found")},
        "holdout_looks": max((holdout.get("looks_so_far", 0) for holdout in holdouts), default=0),
        "related_looks": _most(holdouts, "related_looks"),
        "validated_before": _validated(holdouts),
        "constant_forecast": _of_baseline(baselines, "constant_forecast"),
        "buy_and_hold": _of_baseline(baselines, "buy_and_hold"),
        "dates": baselines.get("dates", {}),
        "storage": next((r["storage"] for r in results if "storage" in r), None),
    }


def is_of(result: Mapping[str, Any], holdout: Mapping[str, Any]) -> bool:
    """Whether the network that was judged is the one of the best configuration, not of an earlier search."""
    best = result.get("best") or {}
    ours = (result.get("data_key"), result.get("study_name"), best.get("trial_number"))
    return ours == tuple(holdout.get(name) for name in ("data_key", "study_name", "trial_number"))


def of_the_best(found: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what was found by model type, of the best configurations: a search may have gone on in between.

    Args:
        found: Each with ``study_name`` and ``trial_number``; whatever else is there is left out.
        results: Of ``model_results``, by model type.
    """
    chosen = {
        name: (own["study_name"], own["best"]["trial_number"]) for name, own in results.items() if own.get("best")
    }
    return {
        name: found[name]
        for name, trial in chosen.items()
        if name in found and (found[name]["study_name"], found[name]["trial_number"]) == trial
    }


def _of_baseline(baselines: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {part: baselines[part][name] for part in ("validation", "holdout")}


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


def _line(
    result: Mapping[str, Any],
    holdout: Mapping[str, Any],
    baselines: Mapping[str, Any],
    verdict: Mapping[str, Any] | None,
) -> dict[str, Any]:
    metric, best = result["metric"], result["best"]
    found = holdout.get("metrics") or {}
    validated = _validation_error(metric, verdict)
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
        "params": best.get("params", {}),
        "validation": best["value"],
        "validation_interval": _interval(best["value"], *validated),
        "validation_constant": baselines["validation"]["constant_forecast"].get(metric),
        **{f"validation_{name}": best["metrics"].get(name) for name in SHOWN},
        "holdout": found.get(metric),
        "holdout_interval": _interval(found.get(metric), *_holdout_error(metric, holdout)),
        "holdout_constant": _holdout_constant(metric, holdout, baselines),
        **{f"holdout_{name}": found.get(name) for name in SHOWN},
        **_p_values(verdict or {}),
        **({"touches": dict(holdout["touches"])} if "touches" in holdout else {}),
        "regimes": {"validation": best.get("regimes"), "holdout": holdout.get("regimes")},
        "verdict": dict(verdict) if verdict else None,
        "verdicts": sentences(verdict) if verdict else {},
        "no_value": {
            where: {name: why for name, why in own.get("no_value", {}).items() if name in (metric, *SHOWN)}
            for where, own in (("validation", best), ("holdout", holdout))
        },
    }


def _holdout_constant(metric: str, holdout: Mapping[str, Any], baselines: Mapping[str, Any]) -> float | None:
    """Return what the constant forecast reaches; of quantiles only the test knows which levels were forecast."""
    test = holdout.get("forecast_test") or {}
    value: float | None = baselines["holdout"]["constant_forecast"].get(metric)
    return test["constant"] if value is None and test.get("metric") == metric else value


def _validation_error(metric: str, verdict: Mapping[str, Any] | None) -> tuple[float | None, float]:
    """Of the metric over blocks of bars, and its degrees of freedom; the constant forecast's part in it is small."""
    test = verdict["forecast"]["validation"] if verdict else {}
    error = test.get("standard_error") if test.get("metric") == metric else None
    return error, freedom_of(test)


def _holdout_error(metric: str, holdout: Mapping[str, Any]) -> tuple[float | None, float]:
    """Of the metric over resamples of the bars, and its degrees of freedom."""
    return holdout.get("standard_errors", {}).get(metric), freedom_of(holdout)


def _p_values(verdict: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the corrected ones, as numbers that can be logged."""
    return {
        f"{about}_{part}_p_value": verdict.get(about, {}).get(part, {}).get("p_value")
        for about in ("forecast", "money")
        for part in ("validation", "holdout")
    }


def _selection(found: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the statistics of selection bias, in words, too, and the first of them as numbers that can be logged."""
    if found is None:
        return {"selection": None, "selection_sentences": {}, **dict.fromkeys(SELECTION)}
    active = found["own"].get("active", {})
    numbers = (
        active.get("sharpe"),
        active.get("probabilistic"),
        active.get("deflated", {}).get("probability"),
        found["overfitting"].get("probability"),
        found["reality_check"].get("superior", {}).get("consistent"),
    )
    return {
        "selection": dict(found),
        "selection_sentences": selection_sentences(found),
        **dict(zip(SELECTION, numbers, strict=True)),
    }


def _interval(value: float | None, error: float | None, degrees_of_freedom: float) -> list[float] | None:
    """Return 90 % of Student's law around a value."""
    if value is None or not error:
        return None
    half = half_interval(error, degrees_of_freedom)
    return [value - half, value + half]
