"""Which parameters decided the value, how sure that is, and what the trials cannot say."""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.store.optuna_tables import storage_of
from trading_hpo.study.ranking import complete_trials, goals_of

LEAST_TRIALS = 4
FEW_TRIALS = 50  # below, the best tenth, by which PED-ANOVA judges, is fewer than the five trials that Optuna asks for
LEAST_BEST = 2  # of the best tenth, that a parameter must be in to be judged
RESAMPLES = 20
MOST_DRAWN = 200  # trials of a resample: all of a thousand take seconds
RANGE = (0.1, 0.9)  # quantiles over the resamples
BEST_SHARE = 0.1  # target_quantile of PED-ANOVA


class _Sample(optuna.Study):
    """A study that has some of its complete trials, several times maybe."""

    def __init__(self, study: optuna.Study, trials: Sequence[FrozenTrial]) -> None:
        super().__init__(study.study_name, storage_of(study))
        self._sample = list(trials)

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        """Return the sample; PED-ANOVA copies and asks for complete trials only."""
        del deepcopy, states
        return self._sample


def parameter_importance(study: optuna.Study) -> dict[str, Any]:
    """Return the share of each parameter in the difference between good trials and all (PED-ANOVA).

    Where nothing can be distinguished the answer is empty and says why; equal shares would look like a finding.
    ``spread`` is the range of each share over resamples of the trials, of at most ``MOST_DRAWN`` each, so that it is
    too wide rather than too narrow where there are more; ``remarks`` say what rests on few of them.
    Parameters that not every trial has (those of one loss, of one optimizer) are judged where they are, and named with
    the number of these trials under ``only_in``; one that hardly any good trial has is ``not_judged``. With several
    objectives ``importance`` is of the first; every objective's own is under ``of_objectives``.

    Args:
        study: At least ``LEAST_TRIALS`` complete trials whose values and parameters differ.

    Source: Watanabe, Bansal and Hutter (2023), PED-ANOVA; for conditional parameters as Optuna 5 extends it.
    """
    complete, goals = complete_trials(study), goals_of(study)
    shares = {goal.metric: _judged(study, complete, place) for place, goal in enumerate(goals)}
    return {
        "study_name": study.study_name,
        "metric": goals[0].metric,
        "evaluator": "ped_anova",
        "n_trials": len(complete),
        **shares[goals[0].metric],
        **({"of_objectives": shares} if len(goals) > 1 else {}),
    }


def _judged(study: optuna.Study, complete: Sequence[FrozenTrial], place: int) -> dict[str, Any]:
    if (why_empty := _why_empty(complete, place)) is not None:
        return {"importance": {}, "why_empty": why_empty}
    only_in = _only_in(complete)
    hidden = {name: why for name in only_in if (why := _why_not_judged(study, complete, place, name)) is not None}
    shares = {name: share for name, share in _shares(study, complete, place).items() if name not in hidden}
    total = sum(shares.values())
    if total == 0:
        return {"importance": {}, "why_empty": "the best trials differ from the others in no parameter"}
    return {
        "importance": {name: share / total for name, share in shares.items()},
        "spread": _spread(study, complete, place, list(shares)),
        "only_in": {name: n for name, n in only_in.items() if name not in hidden},
        "not_judged": hidden,
        "remarks": list(_remarks(complete, only_in, hidden)),
    }


def _shares(study: optuna.Study, trials: Sequence[FrozenTrial], place: int) -> dict[str, float]:
    # With one objective the study's direction says what is good; with several, Optuna takes a target to be small.
    sign = -1.0 if study.directions[place] == optuna.study.StudyDirection.MAXIMIZE else 1.0
    target = None if len(study.directions) == 1 else (lambda trial: sign * float(trial.values[place]))
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=BEST_SHARE)
    with accepted_as_experimental():
        return evaluator.evaluate(_Sample(study, trials), target=target)


def _spread(
    study: optuna.Study, complete: Sequence[FrozenTrial], place: int, names: Sequence[str]
) -> dict[str, list[float]]:
    """Return the range of each share over resamples: the same numbers whenever it is asked for."""
    draws, found = np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        drawn = [complete[number] for number in draws.integers(len(complete), size=min(len(complete), MOST_DRAWN))]
        own = _shares(study, drawn, place) if _why_empty(drawn, place) is None else {}
        shares = np.array([own.get(name, 0.0) for name in names])
        if shares.sum() > 0:
            found.append(shares / shares.sum())
    if not found:
        return {}
    low, high = np.quantile(found, RANGE, axis=0)
    return {name: [float(low[column]), float(high[column])] for column, name in enumerate(names)}


def _only_in(complete: Sequence[FrozenTrial]) -> dict[str, int]:
    """Return the parameters that not all trials have, with the number of those that do."""
    counts: dict[str, int] = {}
    for trial in complete:
        for name in trial.params:
            counts[name] = counts.get(name, 0) + 1
    return {name: count for name, count in sorted(counts.items()) if count < len(complete)}


def _why_not_judged(study: optuna.Study, complete: Sequence[FrozenTrial], place: int, name: str) -> str | None:
    """Say why a conditional parameter has no share: a zero would look like "of no importance"."""
    largest = study.directions[place] == optuna.study.StudyDirection.MAXIMIZE
    best_first = sorted(complete, key=lambda trial: trial.values[place], reverse=largest)
    best = best_first[: int(np.ceil(BEST_SHARE * len(complete)))]
    having = sum(name in trial.params for trial in best)
    of_all = sum(name in trial.params for trial in complete)
    if having >= LEAST_BEST and of_all >= LEAST_TRIALS:
        return None
    return f"in {of_all} of {len(complete)} trials, {having} of the best {len(best)}"


def _remarks(complete: Sequence[FrozenTrial], only_in: Mapping[str, int], hidden: Mapping[str, str]) -> Iterator[str]:
    if len(complete) < FEW_TRIALS:
        yield f"{len(complete)} trials are few: the best tenth are {int(np.ceil(BEST_SHARE * len(complete)))}"
    if kept := [f"{name} ({n})" for name, n in only_in.items() if name not in hidden]:
        yield f"not in all trials, compare with care: {', '.join(kept)}"
    if hidden:
        yield "not judged: " + "; ".join(f"{name} {why}" for name, why in hidden.items())


def _why_empty(complete: Sequence[FrozenTrial], place: int) -> str | None:
    if len(complete) < LEAST_TRIALS:
        return f"needs {LEAST_TRIALS} complete trials"
    if all(trial.values[place] == complete[0].values[place] for trial in complete):
        return "all complete trials have the same value"
    if all(trial.params == complete[0].params for trial in complete):
        return "all complete trials have the same parameters"
    return None
