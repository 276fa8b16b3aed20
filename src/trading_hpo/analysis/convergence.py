"""How good the best so far was, by what had been spent; and how the best stands among its rivals."""

from collections.abc import Mapping

import numpy as np
import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import FOLDS, cost_of, feasible_value
from trading_hpo.families.block_scores import stretches
from trading_hpo.study.conditions import compared_part
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.own_trials import own_trials, set_aside_in
from trading_hpo.study.ranking import best_trial, complete_trials, goals_of, metric_of
from trading_hpo.types import BarRange

ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def best_so_far(study: optuna.Study) -> pd.DataFrame:
    """Return the best value after each trial that ended, in the order in which they ended.

    Epochs are the honest axis: a pruned trial and a failed one cost what they cost, all folds counted. A trial that
    failed before it could say what it spent counts 0.

    Args:
        study: May still run.

    Returns:
        ``trial, epochs, training_time_s, best``: sums over the trials so far; the best complete value that keeps the
        constraints and is not set aside, of the first objective, NaN before there is one.
    """
    ended = sorted((trial for trial in own_trials(study) if trial.state in ENDED), key=_ended_at)
    out = set_aside_in(study)
    values = pd.Series(
        [np.nan if trial.number in out or (value := feasible_value(trial)) is None else value for trial in ended],
        dtype="float64",
    )
    maximize = study.directions[0] == optuna.study.StudyDirection.MAXIMIZE
    best = (values.cummax() if maximize else values.cummin()).ffill()
    spent = [cost_of(trial) for trial in ended]
    return pd.DataFrame(
        {
            "trial": [trial.number for trial in ended],
            "epochs": np.cumsum([cost.get("epochs", 0.0) for cost in spent]),
            "training_time_s": np.cumsum([cost.get("training_time_s", 0.0) for cost in spent]),
            "best": best,
        }
    )


def _ended_at(trial: FrozenTrial) -> tuple[float, int]:
    ended = trial.datetime_complete
    return (0.0 if ended is None else ended.timestamp(), trial.number)


def fold_scores(studies: Mapping[str, optuna.Study]) -> pd.DataFrame:
    """Return the score of each model type's best trial on each fold.

    Args:
        studies: By model type.

    Returns:
        ``model_type, fold, score, times_validated``; no rows for a model type without a complete trial.
        ``times_validated`` is how many of the folds validate a bar, in the mean.
    """
    rows: list[tuple[str, int, float | None, float]] = []
    for model_type, study in studies.items():
        best = best_trial(study)
        if best is not None:
            metric, folds = metric_of(study), best.user_attrs.get(FOLDS, [])
            times = _times_validated(study)
            rows += [(model_type, fold["fold"], fold["metrics"].get(metric), times) for fold in folds]
    return pd.DataFrame(rows, columns=["model_type", "fold", "score", "times_validated"])


def _times_validated(study: optuna.Study) -> float:
    folds = conditions_of(study).get("folds", {})
    validated = [[BarRange(*part) for part in roles["validation"]] for roles in folds.values()]
    once = sum(map(len, stretches(validated)))
    return sum(len(part) for parts in validated for part in parts) / once if once else 1.0


def complete_values(studies: Mapping[str, optuna.Study]) -> pd.DataFrame:
    """Return the first objective of every complete trial: ``model_type, trial, value``."""
    rows: list[tuple[str, int, float]] = [
        (model_type, trial.number, trial.values[0])
        for model_type, study in studies.items()
        for trial in complete_trials(study)
    ]
    return pd.DataFrame(rows, columns=["model_type", "trial", "value"])


def why_incomparable(studies: Mapping[str, optuna.Study]) -> str | None:
    """Say why the values of some studies mean different things; none where they can be compared.

    Each model type's last search may have been of another label, source or fold scheme than the others'.

    Args:
        studies: By model type, at least one.
    """
    metrics = sorted({" and ".join(goal.metric for goal in goals_of(study)) for study in studies.values()})
    if len(metrics) > 1:
        return f"their studies are of different metrics: {', '.join(metrics)}"
    prints = [conditions_of(study) for study in studies.values()]
    for part in ("data", "folds", "longest_window", "training", "backtest", "objectives", "constraints"):
        if any(compared_part(own, part) != compared_part(prints[0], part) for own in prints):
            names = ", ".join(study.study_name for study in studies.values())
            return f"their studies are of different {part.replace('_', ' ')}: {names}"
    return None
