"""Which parameters decided the value."""

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.analysis.convergence import metric_of
from trading_hpo.search.experimental import accepted_as_experimental

LEAST_TRIALS = 4


def parameter_importance(study: optuna.Study) -> dict[str, Any]:
    """Return the share of each parameter in the difference between good trials and all (PED-ANOVA).

    Where nothing can be told apart the answer is empty and says why; equal shares would look like a finding.

    Args:
        study: At least ``LEAST_TRIALS`` complete trials whose values and parameters differ.

    Source: Watanabe, Bansal and Hutter (2023), PED-ANOVA.
    """
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    answer: dict[str, Any] = {
        "study_name": study.study_name,
        "metric": metric_of(study),
        "evaluator": "ped_anova",
        "n_trials": len(complete),
    }
    why_empty = _why_empty(complete)
    if why_empty is not None:
        return {**answer, "importance": {}, "why_empty": why_empty}
    with accepted_as_experimental():
        importance = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )
    return {**answer, "importance": importance}


def _why_empty(complete: Sequence[FrozenTrial]) -> str | None:
    if len(complete) < LEAST_TRIALS:
        return f"needs {LEAST_TRIALS} complete trials"
    if all(trial.value == complete[0].value for trial in complete):
        return "all complete trials have the same value"
    if all(trial.params == complete[0].params for trial in complete):
        return "all complete trials have the same parameters"
    return None
