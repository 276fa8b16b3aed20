"""A study -> what a person or the next stage wants from it."""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.search.ledger import REASON
from trading_hpo.search.study import SLOT


def study_summary(study: optuna.Study, storage: str) -> dict[str, Any]:
    """Return a small pointer to the study; it changes when the study does."""
    trials = study.get_trials(deepcopy=False)
    best = best_trial(study)
    return {
        "study_name": study.study_name,
        "storage": storage,
        "direction": study.direction.name.lower(),
        "metric": (study.metric_names or ["value"])[0],
        "trials": {state.name.lower(): sum(t.state == state for t in trials) for state in TrialState},
        "best_trial": None if best is None else best.number,
        "best_value": None if best is None else best.value,
    }


def best_trial(study: optuna.Study) -> FrozenTrial | None:
    """Return the best complete trial, the earlier one of equals; none if there is none."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    sign = -1.0 if study.direction == optuna.study.StudyDirection.MAXIMIZE else 1.0
    return min(complete, key=lambda trial: (sign * (trial.value or 0.0), trial.number), default=None)


def model_results(study: optuna.Study, model_type: str, storage: str, top: int = 5) -> dict[str, Any]:
    """Return the results of one model type.

    Args:
        study: Its study.
        model_type: Its name.
        storage: Where the study is, without a password.
        top: How many configurations are listed.
    """
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    sign = -1.0 if study.direction == optuna.study.StudyDirection.MAXIMIZE else 1.0
    ranked = sorted(complete, key=lambda trial: (sign * (trial.value or 0.0), trial.number))
    return {
        "model_type": model_type,
        **study_summary(study, storage),
        "panel_digest": study.user_attrs.get("fingerprint", {}).get("data", {}).get("digest"),
        "best": _configuration(ranked[0], 1) if ranked else None,
        "best_configurations": [_configuration(trial, rank) for rank, trial in enumerate(ranked[:top], start=1)],
        "epochs": sum(trial.user_attrs.get("cost", {}).get("epochs", 0.0) for trial in trials),
        "train_s": sum(trial.user_attrs.get("cost", {}).get("train_s", 0.0) for trial in trials),
        "failures": [
            {"trial": trial.number, "reason": trial.user_attrs.get(REASON, "unknown")}
            for trial in trials
            if trial.state == TrialState.FAIL
        ],
    }


def _configuration(trial: FrozenTrial, rank: int) -> dict[str, Any]:
    return {
        "rank": rank,
        "trial_number": trial.number,
        "value": trial.value,
        "params": trial.params,
        "metrics": trial.user_attrs.get("metrics", {}),
        "spread": trial.user_attrs.get("spread", {}),
        "folds": trial.user_attrs.get("folds", []),
        "cost": trial.user_attrs.get("cost", {}),
    }


def combined_results(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Compare the model types that were searched and name the overall best.

    Args:
        results: Of ``model_results``; skipped ones have a key ``skipped``.
    """
    searched = [result for result in results if result.get("best")]
    sign = -1.0 if searched and searched[0]["direction"] == "maximize" else 1.0
    ranked = sorted(searched, key=lambda result: sign * result["best"]["value"])
    return {
        "overall_best": {
            "model_type": ranked[0]["model_type"],
            "study_name": ranked[0]["study_name"],
            "metric": ranked[0]["metric"],
            **ranked[0]["best"],
        }
        if ranked
        else None,
        "models": {
            result["model_type"]: {
                "metric": result["metric"],
                "best_value": result["best"]["value"],
                "spread_over_folds": result["best"]["spread"].get(result["metric"]),
                "trials": result["trials"],
                "epochs": result["epochs"],
                "train_s": result["train_s"],
            }
            for result in ranked
        },
        "skipped": [result["model_type"] for result in results if not result.get("best")],
    }


def trials_table(study: optuna.Study) -> pd.DataFrame:
    """Return one line per trial: number, slot, state, value, parameters, mean metrics, cost."""
    lines = []
    for trial in study.get_trials(deepcopy=False):
        attrs = trial.user_attrs
        lines.append(
            {
                "number": trial.number,
                "slot": attrs.get(SLOT),
                "state": trial.state.name,
                "value": trial.value if trial.state in (TrialState.COMPLETE, TrialState.PRUNED) else None,
                "reason": attrs.get(REASON),
                "started": trial.datetime_start,
                "ended": trial.datetime_complete,
                **{f"params.{name}": value for name, value in trial.params.items()},
                **{f"metrics.{name}": value for name, value in attrs.get("metrics", {}).items()},
                **attrs.get("cost", {}),
            }
        )
    return pd.DataFrame(lines).convert_dtypes()
