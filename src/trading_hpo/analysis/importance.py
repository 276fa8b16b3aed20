"""Which parameters decided the value."""

from typing import Any

import optuna
from optuna.trial import TrialState

from trading_hpo.search.experimental import accepted_as_experimental

LEAST_TRIALS = 4


def parameter_importance(study: optuna.Study) -> dict[str, Any]:
    """Return the share of each parameter in the difference between good trials and all (PED-ANOVA).

    Args:
        study: At least ``LEAST_TRIALS`` complete trials; with fewer the answer is empty, and says why.

    Source: Watanabe, Bansal and Hutter (2023), PED-ANOVA.
    """
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    answer: dict[str, Any] = {
        "study_name": study.study_name,
        "evaluator": "ped_anova",
        "n_trials": len(complete),
    }
    if len(complete) < LEAST_TRIALS:
        return {**answer, "importance": {}, "why_empty": f"needs {LEAST_TRIALS} complete trials"}
    with accepted_as_experimental():
        importance = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.PedAnovaImportanceEvaluator()
        )
    return {**answer, "importance": importance}
