"""Each network beside the best reference: how much better it is on validation, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import optuna
from jaxtyping import Float

from trading_hpo.engine.trial_record import BLOCK_SCORES, FOLDS
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.overfitting.paired_interval import LEVEL, paired_interval
from trading_hpo.study.conditions import Conditions
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.ranking import complete_trials, goals_of

Trial = tuple[str, int]  # name of the study and number


@dataclass(frozen=True)
class _Chosen:
    """The chosen trial of a model type.

    Attributes:
        metric: The first objective.
        sign: 1 where more of it is better, -1 where less is.
        value: Of it.
        folds: Its value on each.
        blocks: As ``block_scores`` has them, above the constant forecast, if they are of the same metric.
        n_folds: That the blocks are of.
    """

    metric: str
    sign: float
    value: float
    folds: Mapping[int, float | None]
    blocks: Float[np.ndarray, " M"] | None
    n_folds: int

    @staticmethod
    def of(study: optuna.Study, number: int) -> "_Chosen":
        goal = goals_of(study)[0]
        (trial,) = (own for own in complete_trials(study) if own.number == number)
        kept = trial.user_attrs.get(BLOCK_SCORES) or {}
        same = kept.get("metric") == goal.metric
        return _Chosen(
            goal.metric,
            1.0 if goal.direction == "maximize" else -1.0,
            trial.values[0],
            {fold["fold"]: fold["metrics"].get(goal.metric) for fold in trial.user_attrs.get(FOLDS, [])},
            np.array(kept["excess"], float) if same else None,
            kept["folds"] if same else 0,
        )

    def differences(self, other: "_Chosen") -> tuple[Float[np.ndarray, " M"], int, str]:
        """Return how much better this one is, pair by pair, what the pairs share, and what a pair is.

        Scores of blocks are above the constant forecast's, which cancels.
        """
        if self.blocks is not None and other.blocks is not None and len(self.blocks) == len(other.blocks):
            return self.blocks - other.blocks, self.n_folds, "blocks of bars"
        pairs = [(own, other.folds.get(fold)) for fold, own in self.folds.items()]
        known = [self.sign * (own - theirs) for own, theirs in pairs if own is not None and theirs is not None]
        return np.array(known, float), 0, "folds"


def against_reference(studies: Sequence[optuna.Study], chosen: Mapping[str, Trial], data_key: str) -> dict[str, Any]:
    """Compare the chosen configuration of each network with that of the best reference.

    **Looks ahead:** label only; all was seen on validation.

    Args:
        studies: In which the chosen ones are.
        chosen: The best configuration of each model type.
        data_key: Of the rows and folds that are reported; what was searched on others is left out.

    Returns:
        ``why`` there is nothing to compare, or ``reference``, ``metric``, ``level`` and ``networks``: for each the
        ``difference``, positive where it is better, with ``low``, ``high`` and ``p_value`` of ``paired_interval``, and
        what its ``pairs`` are, or ``why`` it has no interval.
    """
    by_name = {study.study_name: study for study in studies}
    there = {
        model_type: _Chosen.of(by_name[name], number)
        for model_type, (name, number) in chosen.items()
        if name in by_name and _is_of(by_name[name], data_key)
    }
    references = {name: own for name, own in there.items() if MODEL_TYPES[name].is_reference}
    others = {name: own for name, own in there.items() if name not in references}
    if not references or not others:
        return {"why": f"no {'network' if references else 'reference'} was searched on these data"}
    best = max(references, key=lambda name: references[name].sign * references[name].value)
    return {
        "reference": best,
        "metric": references[best].metric,
        "level": LEVEL,
        "networks": {name: _compared(own, references[best], len(others)) for name, own in others.items()},
    }


def _is_of(study: optuna.Study, data_key: str) -> bool:
    recorded = conditions_of(study)
    return "search" in recorded and Conditions(study.study_name, recorded).data_key == data_key


def _compared(own: _Chosen, reference: _Chosen, n_compared: int) -> dict[str, Any]:
    if own.metric != reference.metric:
        return {"why": f"its study is of {own.metric}"}
    differences, shared, pairs = own.differences(reference)
    estimate = own.sign * (own.value - reference.value)
    found = paired_interval(differences, estimate, shared, n_compared)
    if found is None:
        return {"difference": estimate, "why": f"too few {pairs} differ"}
    interval = asdict(found)
    return {"difference": interval.pop("estimate"), **interval, "pairs": f"{len(differences)} {pairs}"}
