"""A study -> what a person or the next stage wants from it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.dominance import by_weights, front_numbers, oriented
from trading_hpo.engine.trial_record import (
    FOLDS,
    NO_VALUE,
    REASON,
    REGIMES,
    SLOT,
    SPREAD,
    VIOLATIONS,
    cost_of,
    metrics_of,
)
from trading_hpo.study.conditions import Conditions
from trading_hpo.study.fingerprint import conditions_of, knows_until
from trading_hpo.study.own_trials import own_trials, why_left_out
from trading_hpo.study.ranking import WeightedGoal, best_trial, goals_of, pareto_front, ranked
from trading_hpo.study.summary import spent, study_summary


def model_results(study: optuna.Study, model_type: str, storage: str, top: int = 5) -> dict[str, Any]:
    """Return the results of one model type.

    Args:
        study: Its study.
        model_type: Its name.
        storage: Where the study is, without a password.
        top: How many configurations are listed; of a Pareto front always all.
    """
    trials, goals, made_under = own_trials(study), goals_of(study), conditions_of(study)
    front = {trial.number for trial in pareto_front(study)} if len(goals) > 1 else set()
    configurations = [
        _configuration(trial, rank, goals)
        for rank, trial in enumerate(ranked(study), start=1)
        if rank <= top or trial.number in front
    ]
    return {
        "model_type": model_type,
        **study_summary(study, storage),
        "panel_digest": made_under.get("data", {}).get("digest"),
        "searched_until": knows_until(study),
        "data_key": Conditions(study.study_name, made_under).data_key if "search" in made_under else None,
        "conditions": dict(made_under),
        "best": configurations[0] if configurations else None,
        "best_configurations": configurations[:top],
        "pareto_front": [one for one in configurations if one["trial_number"] in front],
        "epochs": spent(trials, "epochs"),
        "training_time_s": spent(trials, "training_time_s"),
        "failures": [
            {"trial": trial.number, "reason": trial.user_attrs.get(REASON, "unknown")}
            for trial in trials
            if trial.state == TrialState.FAIL
        ],
    }


def phases_spent(studies: Mapping[str, optuna.Study]) -> dict[str, Any]:
    """Return what each phase of a search has spent and found, and the sums.

    Args:
        studies: Of the phases that have begun, by the phase's name, in order.
    """
    phases: list[dict[str, Any]] = [
        {
            "phase": name,
            "study_name": study.study_name,
            "trials": len(trials := own_trials(study)),
            "epochs": spent(trials, "epochs"),
            "training_time_s": spent(trials, "training_time_s"),
            "best_value": None if (best := best_trial(study)) is None else best.values[0],
        }
        for name, study in studies.items()
    ]
    sums = {cost: sum(phase[cost] for phase in phases) for cost in ("epochs", "training_time_s")}
    return {"phases": phases, **sums}


def _objectives(trial: FrozenTrial, goals: Sequence[WeightedGoal]) -> dict[str, float]:
    """Each of several objectives; of a single one ``value`` says all."""
    if len(goals) == 1 or not trial.values:
        return {}
    return {f"objectives.{goal.metric}": value for goal, value in zip(goals, trial.values, strict=True)}


def _configuration(trial: FrozenTrial, rank: int, goals: Sequence[WeightedGoal]) -> dict[str, Any]:
    return {
        "rank": rank,
        "trial_number": trial.number,
        "value": trial.values[0],
        "objectives": dict(zip((goal.metric for goal in goals), trial.values, strict=True)),
        "violations": trial.user_attrs.get(VIOLATIONS, {}),
        "params": trial.params,
        "metrics": metrics_of(trial),
        "no_value": trial.user_attrs.get(NO_VALUE, {}),
        "spread": trial.user_attrs.get(SPREAD, {}),
        "regimes": trial.user_attrs.get(REGIMES),
        "folds": trial.user_attrs.get(FOLDS, []),
        "cost": cost_of(trial),
    }


def combined_results(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Compare the model types that were searched and name the overall best.

    With several objectives it is chosen by their weights from the fronts of all model types together.

    Args:
        results: Of ``model_results``; skipped ones have a key ``skipped``.
    """
    searched = [result for result in results if result.get("best")]
    # Of a run of some model types only, the others' results may be older and of other objectives.
    alike = [result for result in searched if result.get("objectives") == searched[-1].get("objectives")]
    order = best_first(alike)
    return {
        "overall_best": {
            "model_type": order[0]["model_type"],
            "study_name": order[0]["study_name"],
            "metric": order[0]["metric"],
            **order[0]["best"],
        }
        if order
        else None,
        "models": {
            result["model_type"]: {
                "metric": result["metric"],
                "best_value": result["best"]["value"],
                "spread_over_folds": result["best"]["spread"].get(result["metric"]),
                "objectives": result["best"]["objectives"],
                "trials": result["trials"],
                "epochs": result["epochs"],
                "training_time_s": result["training_time_s"],
            }
            for result in order
        },
        "skipped": [result["model_type"] for result in results if result not in alike],
        "nothing_found": {r["model_type"]: r["nothing_found"] for r in results if r.get("nothing_found")},
    }


def best_first(searched: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Order results by their chosen configurations: those that keep the constraints, then by front, then by weights.

    Args:
        searched: Of ``model_results``, all with a best configuration and the same objectives.
    """
    if not searched:
        return []
    goals = searched[0]["objectives"]
    values = [list(result["best"]["objectives"].values()) for result in searched]
    points = oriented(values, [goal["direction"] for goal in goals])
    over = [sum(max(value, 0.0) for value in result["best"]["violations"].values()) for result in searched]
    sums = by_weights(points, [goal["weight"] for goal in goals])
    return [searched[place] for place in np.lexsort((sums, front_numbers(points), over))]


def trials_table(study: optuna.Study) -> pd.DataFrame:
    """Return one line per trial: number, slot, state, value, parameters, mean metrics, cost.

    ``no_value`` says why a metric has none, and on which folds; ``left_out`` why a trial guides no choice: ``foreign``
    or ``set aside``. With several objectives ``value`` is the first; all of them are ``objectives.<metric>``.
    """
    lines, goals, left_out = [], goals_of(study), why_left_out(study)
    for trial in study.get_trials(deepcopy=False):
        attrs = trial.user_attrs
        lines.append(
            {
                "number": trial.number,
                "slot": attrs.get(SLOT),
                "state": trial.state.name,
                "value": trial.values[0] if trial.values else None,
                "reason": attrs.get(REASON),
                "left_out": left_out.get(trial.number),
                "started": trial.datetime_start,
                "ended": trial.datetime_complete,
                **_objectives(trial, goals),
                **{f"violations.{name}": value for name, value in attrs.get(VIOLATIONS, {}).items()},
                **{f"params.{name}": value for name, value in trial.params.items()},
                **{f"metrics.{name}": value for name, value in metrics_of(trial).items()},
                "no_value": "; ".join(f"{name}: {why}" for name, why in attrs.get(NO_VALUE, {}).items()) or None,
                **cost_of(trial),
            }
        )
    return pd.DataFrame(lines).convert_dtypes()
