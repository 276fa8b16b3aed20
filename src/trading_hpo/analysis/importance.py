"""Which parameters decided the value."""

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.study.ranking import goals_of

LEAST_TRIALS = 4


def parameter_importance(study: optuna.Study) -> dict[str, Any]:
    """Return the share of each parameter in the difference between good trials and all (PED-ANOVA).

    Where nothing can be distinguished the answer is empty and says why; equal shares would look like a finding. With
    several objectives ``importance`` is of the first; every objective's own is under ``of_objectives``.

    Args:
        study: At least ``LEAST_TRIALS`` complete trials whose values and parameters differ.

    Source: Watanabe, Bansal and Hutter (2023), PED-ANOVA.
    """
    complete, goals = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)), goals_of(study)
    shares = {goal.metric: _shares(study, complete, place) for place, goal in enumerate(goals)}
    return {
        "study_name": study.study_name,
        "metric": goals[0].metric,
        "evaluator": "ped_anova",
        "n_trials": len(complete),
        **shares[goals[0].metric],
        **({"of_objectives": shares} if len(goals) > 1 else {}),
    }


def _shares(study: optuna.Study, complete: Sequence[FrozenTrial], place: int) -> dict[str, Any]:
    why_empty = _why_empty(complete, place)
    if why_empty is not None:
        return {"importance": {}, "why_empty": why_empty}
    # With one objective the study's direction says what is good; with several, Optuna takes a target to be small.
    sign = -1.0 if study.directions[place] == optuna.study.StudyDirection.MAXIMIZE else 1.0
    target = None if len(study.directions) == 1 else (lambda trial: sign * float(trial.values[place]))
    with accepted_as_experimental():
        importance = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.PedAnovaImportanceEvaluator(), target=target
        )
    return {"importance": importance}


def _why_empty(complete: Sequence[FrozenTrial], place: int) -> str | None:
    if len(complete) < LEAST_TRIALS:
        return f"needs {LEAST_TRIALS} complete trials"
    if all(trial.values[place] == complete[0].values[place] for trial in complete):
        return "all complete trials have the same value"
    if all(trial.params == complete[0].params for trial in complete):
        return "all complete trials have the same parameters"
    return None
