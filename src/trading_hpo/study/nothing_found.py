"""What is said of a search of which no configuration has a value."""

from collections import Counter
from collections.abc import Iterator

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import REASON
from trading_hpo.escaping import shell_argument
from trading_hpo.study.own_trials import own_trials, set_aside_in
from trading_hpo.study.ranking import best_trial, goals_of

_MOST_REASONS = 3
_SET_ASIDE = "set aside (`--undo` gives it back)"


def nothing_found(study: optuna.Study) -> str | None:
    """Return why a study has no trial to choose, in how many, and what to change; none where it has one.

    A study of which no trial has ended yet has not failed to find anything.
    """
    ended = [trial for trial in own_trials(study) if trial.state.is_finished()]
    return None if not ended or best_trial(study) is not None else "\n".join(_lines(study, ended))


def _lines(study: optuna.Study, ended: list[FrozenTrial]) -> Iterator[str]:
    metrics, aside = ", ".join(goal.metric for goal in goals_of(study)), set_aside_in(study)
    had = sum(trial.state == TrialState.COMPLETE for trial in ended)  # none of them may be chosen, or there were a best
    if had:
        yield f"Study {study.study_name} has nothing to choose: {_trials(had)} with a value of {metrics} set aside."
    else:
        yield f"Study {study.study_name} has found nothing: none of {_trials(len(ended))} has a value of {metrics}."
    reasons = Counter(_SET_ASIDE if trial.number in aside else _reason(trial) for trial in ended).most_common()
    yield from (f"  {_trials(count)}: {reason}" for reason, count in reasons[:_MOST_REASONS])
    if others := reasons[_MOST_REASONS:]:
        yield f"  {_trials(sum(count for _, count in others))}: {len(others)} other reasons, see `kedro study failed`"
    if had:
        name = shell_argument(study.study_name)
        yield f"Give one back (`kedro study set-aside {name} {aside[0]} --undo`), or raise hpo.n_trials."
    else:
        yield from _remedies(any("has no value" in reason for reason, _ in reasons))


def _remedies(a_metric_has_none: bool) -> Iterator[str]:
    if a_metric_has_none:
        yield "Improve another metric, such as mcc (hpo.objectives), or change what the reason names."
    else:
        yield "Change what the reason names: hpo.limits, hpo.custom_search_spaces or training."
    yield "Trials that have ended are not run again: give hpo.study_name another name."


def _reason(trial: FrozenTrial) -> str:
    pruned = "it was pruned" if trial.state == TrialState.PRUNED else "unknown"
    return str(trial.user_attrs.get(REASON, pruned))


def _trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count} trials"
