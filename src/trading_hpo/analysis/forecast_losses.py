"""Whose forecasts lose less, the chosen configuration's or simpler ones', by the test of Diebold and Mariano.

What trials keep of their losses is one number for each block of bars: how much better their metric was there than the
constant forecast's (``families.block_scores``). Its negative is the loss that is compared; that of the constant
forecast is 0, and between two models it cancels. Blocks of a fold share what is estimated from them: as in the verdict,
a degree of freedom is lost for each fold.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from jaxtyping import Float

from trading_hpo.analysis.kept_trials import KeptTrials, Trial
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.overfitting.diebold_mariano import diebold_mariano

_NO_SCORES = "its trials have no scores by block of bars: they are of an earlier version, or too few bars"
_ONE_BLOCK = 1  # blocks are long against labels: forecasts of one block do not reach into the next


def forecast_losses(
    model_type: str, chosen: Mapping[str, Trial], kept: Mapping[str, KeptTrials]
) -> dict[str, dict[str, Any]]:
    """Compare the chosen configuration of a model type with the constant forecast and with the best reference.

    **Looks ahead:** label only, to judge.

    Args:
        model_type: One of ``chosen``.
        chosen: The best configuration of each model type.
        kept: Of the studies that they are of.

    Returns:
        ``constant`` and ``reference``: ``metric``, number of ``blocks``, ``statistic`` and one-sided ``p_value``, of
        the reference also its ``name``; or ``why`` there is none.
    """
    trial = chosen[model_type]
    own = kept[trial[0]]
    if trial not in own.scores:
        return {other: {"why": _NO_SCORES} for other in ("constant", "reference")}
    (metric, n_folds), scores = own.scored[trial], own.scores[trial]
    about = {"metric": metric, "blocks": len(scores)}
    zero, same = np.zeros(len(scores)), "its scores are those of the constant forecast"
    return {
        "constant": about | _tested(scores, zero, n_folds, same),
        "reference": about | _beside_reference(model_type, scores, _references(model_type, chosen, kept), n_folds),
    }


def _references(
    model_type: str, chosen: Mapping[str, Trial], kept: Mapping[str, KeptTrials]
) -> dict[str, Float[np.ndarray, " M"]]:
    """Return the scores of references on the same blocks of the same data."""
    trial = chosen[model_type]
    own = kept[trial[0]]
    there = (
        (name, other)
        for name, other in chosen.items()
        if MODEL_TYPES[name].is_reference and other[0] in kept and kept[other[0]].data_key == own.data_key
    )
    return {
        name: kept[other[0]].scores[other]
        for name, other in there
        if kept[other[0]].scored.get(other) == own.scored[trial]
        and len(kept[other[0]].scores[other]) == len(own.scores[trial])
    }


def _beside_reference(
    model_type: str, scores: Float[np.ndarray, " M"], references: Mapping[str, Float[np.ndarray, " M"]], n_folds: int
) -> dict[str, Any]:
    if MODEL_TYPES[model_type].is_reference:
        return {"why": "it is a reference itself"}
    if not references:
        return {"why": "no reference was searched on these data by this metric"}
    best = max(references, key=lambda name: float(references[name].mean()))
    return {"name": best, **_tested(scores, references[best], n_folds, f"its scores are those of {best}")}


def _tested(
    scores: Float[np.ndarray, " M"], others: Float[np.ndarray, " M"], n_folds: int, same: str
) -> dict[str, Any]:
    found = diebold_mariano(-scores, -others, _ONE_BLOCK, n_folds)
    return {"why": same} if found is None else asdict(found)
