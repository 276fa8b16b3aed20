"""What the trials of studies have left for comparison: scores by block of bars, returns by bar, and their count."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from jaxtyping import Float

from trading_hpo.engine.store.optuna_tables import ended_trials, place_of
from trading_hpo.engine.trial_record import BLOCK_SCORES, MOMENTS, SLOT
from trading_hpo.study.conditions import Conditions
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.ranking import best_trial
from trading_hpo.study.returns_table import trial_series
from trading_hpo.study.thinning import MANY, sample
from trading_hpo.study.trial_ledger import n_trials, sharpes_in_errors
from trading_hpo.study.trial_returns import Series, active_returns, net_returns
from trading_hpo.study.validation import kept_constant, kept_facts

Trial = tuple[str, int]  # name of the study and number
Scored = tuple[str, int]  # by which metric, on how many folds


@dataclass(frozen=True)
class KeptTrials:
    """What the trials of one study have left.

    Attributes:
        data_key: Of rows and folds; trials are compared where it is the same.
        horizon_bars: Of the labels.
        bars_per_year: Of the calendar.
        seen: The validation bars, as ``market.same_bars.seen_bars`` describes them; empty in earlier versions.
        scored: How each trial's forecasts were scored.
        scores: Of each trial, by block, above the constant forecast.
        active: Active returns of each trial that has some on all validation bars.
        net: Net returns of the chosen trial, if it is one of them.
        sampled: Those that stand for all, where a large study keeps the series of the best beside them
            (``study.thinning``); none where it keeps all.
    """

    data_key: str
    horizon_bars: int
    bars_per_year: float
    seen: Mapping[str, Any]
    scored: Mapping[Trial, Scored]
    scores: Mapping[Trial, Float[np.ndarray, " M"]]
    active: Mapping[Trial, Float[np.ndarray, " T"]]
    net: Mapping[Trial, Float[np.ndarray, " T"]]
    sampled: Collection[Trial] | None = None

    @staticmethod
    def of(study: optuna.Study, chosen: Collection[Trial] = ()) -> "KeptTrials":
        """Read a study, with the net returns of chosen trials.

        **Looks ahead:** label only; all was earned on validation.
        """
        recorded = conditions_of(study)
        name, place = study.study_name, place_of(study)
        noted = {
            trial.number: trial for trial in ended_trials(*place, (BLOCK_SCORES, SLOT, MOMENTS)) if SLOT in trial.attrs
        }
        blocks = {
            (name, number): trial.attrs[BLOCK_SCORES] for number, trial in noted.items() if BLOCK_SCORES in trial.attrs
        }
        constant = kept_constant(*place)
        whole = _whole(study, noted, constant)
        with_series = [trial.attrs[SLOT] for trial in noted.values() if MOMENTS in trial.attrs]
        sampled = sample(with_series, recorded["seed"]) if len(with_series) > MANY else None
        return KeptTrials(
            Conditions(name, recorded).data_key,
            recorded["data"]["horizon_bars"],
            recorded["data"]["bars_per_year"],
            kept_facts(*place),
            {trial: (kept["metric"], kept["folds"]) for trial, kept in blocks.items()},
            {trial: np.array(kept["excess"], float) for trial, kept in blocks.items()},
            {(name, number): active_returns(own, constant) for number, own in whole.items()},
            {(name, number): net_returns(own) for number, own in whole.items() if (name, number) in chosen},
            None if sampled is None else {(name, n) for n, trial in noted.items() if trial.attrs[SLOT] in sampled},
        )


def _whole(
    study: optuna.Study, numbers: Collection[int], constant: Mapping[int, Series]
) -> dict[int, dict[int, Series]]:
    """Return the series, by path, of the trials that have one on all validation bars."""
    n_bars = {path: len(series.bars) for path, series in constant.items()}
    by_trial: dict[int, dict[int, Series]] = {}
    for number, path, series in trial_series(study):
        by_trial.setdefault(number, {})[path] = series
    return {
        number: own
        for number, own in by_trial.items()
        if number in numbers and {path: len(series.bars) for path, series in own.items()} == n_bars
    }


def chosen_trials(phases: Mapping[str, Sequence[optuna.Study]]) -> dict[str, Trial]:
    """Return the best trial of each model type: of the last phase of its search that has found something.

    Args:
        phases: The studies of each model type, in the order in which they are searched.
    """
    chosen = {}
    for model_type, studies in phases.items():
        for study in studies:
            if (best := best_trial(study)) is not None:
                chosen[model_type] = (study.study_name, best.number)
    return chosen


def kept_trials(studies: Sequence[optuna.Study], chosen: Collection[Trial]) -> dict[str, KeptTrials]:
    """Return what each study has left, by its name; those of earlier versions are left out.

    Args:
        studies: All that were searched, each phase of a search with them.
        chosen: Whose net returns are wanted, too.
    """
    return {study.study_name: KeptTrials.of(study, chosen) for study in studies if "search" in conditions_of(study)}


@dataclass(frozen=True)
class Tried:
    """All trials on some bars, of all studies, also of those that were deleted.

    Attributes:
        n_trials: How many have reported a score.
        sharpes: Of the active returns of the complete ones, in standard errors.
    """

    n_trials: int
    sharpes: Sequence[float]


def tried_on(kept: Iterable[KeptTrials], ledger: Path) -> dict[str, Tried]:
    """Return what the ledger of trials knows of the bars of each study, by ``data_key``.

    Args:
        kept: Of the studies; on the same data their validation bars are the same.
        ledger: The file (``study.trial_ledger``).
    """
    seen = {own.data_key: own.seen for own in kept}
    return {
        key: Tried(n_trials(ledger, facts), sharpes_in_errors(ledger, facts)) if facts else Tried(0, [])
        for key, facts in seen.items()
    }
