"""Could the best of so many trials without skill look as good on validation? Asked of every chosen configuration.

Twice: of the forecast, by the scores that trials keep for every block of bars, and of the money, by their active
returns. What is compared are all trials on the same folds, of all model types; those that have left no series
(pruned early, deleted, of other studies on the same bars) are counted as if they were like them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from jaxtyping import Float

from trading_hpo.engine.store.optuna_tables import ended_trials, place_of
from trading_hpo.engine.trial_record import BLOCK_SCORES, SLOT
from trading_hpo.overfitting.best_of_many import by_blocks, by_returns
from trading_hpo.overfitting.stationary_bootstrap import block_length
from trading_hpo.study.conditions import Conditions
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.returns_table import trial_series
from trading_hpo.study.trial_ledger import n_trials
from trading_hpo.study.trial_returns import Series, active_returns
from trading_hpo.study.validation import kept_constant, kept_facts

Trial = tuple[str, int]  # name of the study and number


@dataclass(frozen=True)
class _Kept:
    """What the trials of one study have left for comparison.

    Attributes:
        data_key: Of rows and folds; trials are compared where it is the same.
        horizon_bars: Of the labels.
        scored: By which metric each trial's forecasts were scored, on how many folds.
        scores: Of each trial, by block.
        active: Active returns of each trial on all validation bars.
    """

    data_key: str
    horizon_bars: int
    scored: dict[Trial, tuple[str, int]]
    scores: dict[Trial, Float[np.ndarray, " M"]]
    active: dict[Trial, Float[np.ndarray, " T"]]

    @staticmethod
    def of(study: optuna.Study) -> "_Kept":
        recorded = conditions_of(study)
        name, place = study.study_name, place_of(study)
        noted = {trial.number: trial for trial in ended_trials(*place, (BLOCK_SCORES, SLOT)) if SLOT in trial.attrs}
        scored = {
            (name, number): trial.attrs[BLOCK_SCORES] for number, trial in noted.items() if BLOCK_SCORES in trial.attrs
        }
        constant = kept_constant(*place)
        n_bars = {path: len(series.bars) for path, series in constant.items()}
        by_trial: dict[int, dict[int, Series]] = {}
        for number, path, series in trial_series(study):
            by_trial.setdefault(number, {})[path] = series
        whole = {
            number: own
            for number, own in by_trial.items()
            if number in noted and {path: len(series.bars) for path, series in own.items()} == n_bars
        }
        return _Kept(
            Conditions(name, recorded).data_key,
            recorded["data"]["horizon_bars"],
            {trial: (kept["metric"], kept["folds"]) for trial, kept in scored.items()},
            {trial: np.array(kept["excess"], float) for trial, kept in scored.items()},
            {(name, number): active_returns(own, constant) for number, own in whole.items()},
        )


def validation_tests(
    studies: Sequence[optuna.Study], chosen: Mapping[str, Trial], ledger: Path
) -> dict[str, dict[str, Any]]:
    """Return, by model type, how far its chosen configuration is luck on validation.

    **Looks ahead:** label only; all was earned on validation.

    Args:
        studies: All that were searched, each phase of a search with them.
        chosen: The best configuration of each model type.
        ledger: Of trials (``study.trial_ledger``).

    Returns:
        ``forecast`` and ``money``, each the fields of ``Corrected``, or ``why`` it cannot be said; of the forecast also
        ``metric``, ``standard_error`` of its excess over the constant forecast, ``blocks``, and ``degrees_of_freedom``
        of that error.
    """
    kept = {study.study_name: _Kept.of(study) for study in studies if "search" in conditions_of(study)}
    tried = {study.study_name: n_trials(ledger, kept_facts(*place_of(study))) for study in studies}
    return {
        model_type: _tests(trial, kept, tried[trial[0]]) for model_type, trial in chosen.items() if trial[0] in kept
    }


def _tests(trial: Trial, kept: Mapping[str, _Kept], n_tried: int) -> dict[str, Any]:
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
    trial: Trial, scores: Mapping[Trial, Float[np.ndarray, " M"]], scored: tuple[str, int] | None, n_tried: int
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
        return {"why": "it earned what the constant forecast earns"}
    same = {one: values for one, values in active.items() if len(values) == len(own)}
    matrix, place = np.array(list(same.values())), list(same).index(trial)
    found = by_returns(matrix, place, max(n_tried, len(matrix)), block_length(own, horizon_bars))
    return {"why": "its active returns do not vary"} if found is None else asdict(found)
