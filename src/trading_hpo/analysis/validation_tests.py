"""Could the best of so many trials without skill look as good on validation? Asked of every chosen configuration.

Twice: of the forecast, by the scores that trials keep for every block of bars, and of the money, by their active
returns. What is compared are all trials on the same folds, of all model types; those that have left no series
(pruned early, deleted, of other studies on the same bars) are counted as if they were like them.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from jaxtyping import Float

from trading_hpo.analysis.kept_trials import KeptTrials, Scored, Trial, Tried
from trading_hpo.metrics.active import SAME_EARNED
from trading_hpo.overfitting.best_of_many import by_blocks, by_returns
from trading_hpo.overfitting.stationary_bootstrap import block_length


def validation_tests(
    kept: Mapping[str, KeptTrials], chosen: Mapping[str, Trial], tried: Mapping[str, Tried]
) -> dict[str, dict[str, Any]]:
    """Return, by model type, how far its chosen configuration is luck on validation.

    **Looks ahead:** label only; all was earned on validation.

    Args:
        kept: Of all studies that were searched, each phase of a search with them.
        chosen: The best configuration of each model type.
        tried: Of ``tried_on``.

    Returns:
        ``study_name`` and ``trial_number`` of the chosen one; ``forecast`` and ``money``, each the fields of
        ``Corrected``, or ``why`` it cannot be said; of the forecast also ``metric``, ``standard_error`` of its excess
        over the constant forecast, ``blocks``, and ``degrees_of_freedom`` of that error.
    """
    return {
        model_type: {
            "study_name": trial[0],
            "trial_number": trial[1],
            **_tests(trial, kept, tried[kept[trial[0]].data_key].n_trials),
        }
        for model_type, trial in chosen.items()
        if trial[0] in kept
    }


def _tests(trial: Trial, kept: Mapping[str, KeptTrials], n_tried: int) -> dict[str, Any]:
    own = kept[trial[0]]
    alike = [other for other in kept.values() if other.data_key == own.data_key]
    scored = own.scored.get(trial)
    scores = {
        one: values
        for other in alike
        for one, values in other.scores.items()
        if other.scored[one] == scored and len(values) == len(own.scores[trial])
    }
    active = {one: values for other in alike for one, values in other.active.items()}
    return {
        "forecast": _of_forecast(trial, scores, scored, n_tried),
        "money": _of_money(trial, active, own.horizon_bars, n_tried),
    }


def _of_forecast(
    trial: Trial, scores: Mapping[Trial, Float[np.ndarray, " M"]], scored: Scored | None, n_tried: int
) -> dict[str, Any]:
    if scored is None:
        return {
            "why": "its trials have no scores by block of bars: they are of an earlier version, or there are "
            "fewer than 20 blocks twice as long as labels. Take longer folds or shorter labels."
        }
    matrix, place = np.array(list(scores.values())), list(scores).index(trial)
    (metric, n_folds), own = scored, matrix[place]
    found = by_blocks(matrix, place, max(n_tried, len(matrix)), n_folds)
    if found is None:
        return {"why": "its scores are the same in every block"}
    freedom = len(own) - n_folds
    error = float(own.std(ddof=1) / np.sqrt(freedom))
    of_error = {"standard_error": error, "blocks": len(own), "degrees_of_freedom": freedom}
    return {"metric": metric, **of_error, "excess": float(own.mean()), **asdict(found)}


def _of_money(
    trial: Trial, active: Mapping[Trial, Float[np.ndarray, " T"]], horizon_bars: int, n_tried: int
) -> dict[str, Any]:
    if trial not in active:
        return {"why": "its returns are not kept"}
    own = active[trial]
    if not own.any():
        return {"why": SAME_EARNED.why}
    same = {one: values for one, values in active.items() if len(values) == len(own)}
    matrix, place = np.array(list(same.values())), list(same).index(trial)
    found = by_returns(matrix, place, max(n_tried, len(matrix)), block_length(own, horizon_bars))
    return {"why": "its active returns do not vary"} if found is None else asdict(found)
