"""What is said of a search of which no configuration has a value."""

from collections import Counter
from collections.abc import Iterator

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import REASON
from trading_hpo.study.own_trials import own_trials, set_aside_in
from trading_hpo.study.ranking import best_trial, goals_of

_MOST_REASONS = 3
_SET_ASIDE = "set aside (`--undo` gives it back)"


def nothing_found(study: optuna.Study) -> str | None:
    """Return why no trial of a study is complete, in how many, and what to change; none where one is.

    A study of which no trial has ended yet has not failed to find anything.
    """
    ended = [trial for trial in own_trials(study) if trial.state.is_finished()]
    return None if not ended or best_trial(study) is not None else "\n".join(_lines(study, ended))


def _lines(study: optuna.Study, ended: list[FrozenTrial]) -> Iterator[str]:
    metrics = ", ".join(goal.metric for goal in goals_of(study))
    yield f"Study {study.study_name} has found nothing: none of {_trials(len(ended))} has a value of {metrics}."
    aside = set_aside_in(study)
    reasons = Counter(_SET_ASIDE if trial.number in aside else _reason(trial) for trial in ended).most_common()
    yield from (f"  {_trials(count)}: {reason}" for reason, count in reasons[:_MOST_REASONS])
    if others := reasons[_MOST_REASONS:]:
        yield f"  {_trials(sum(count for _, count in others))}: {len(others)} other reasons, see `kedro study failed`"
    if any("has no value" in reason for reason, _ in reasons):
        yield "Improve another metric, such as mcc (hpo.objectives), or change what the reason names."
    else:
        yield "Change what the reason names: hpo.limits, hpo.custom_search_spaces or training."
    yield "Trials that have ended are not run again: give hpo.study_name another name."


def _reason(trial: FrozenTrial) -> str:
    pruned = "it was pruned" if trial.state == TrialState.PRUNED else "unknown"
    return str(trial.user_attrs.get(REASON, pruned))


def _trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count} trials"
