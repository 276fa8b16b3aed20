"""The best trial of one study among the trials of that study alone, from what their records say of their returns."""

from dataclasses import fields
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import MOMENTS, reported_values
from trading_hpo.overfitting.sharpe import Moments, deflated_sharpe, spread_of_sharpes
from trading_hpo.study.own_trials import own_trials


def deflated_alone(study: optuna.Study, best: FrozenTrial) -> tuple[float, int] | None:
    """Return the deflated Sharpe ratio of a trial's active returns, and how many trials of its study it stands among.

    It needs neither the returns nor the ledger, so it is at hand at once; but trials of other studies on the same bars
    are not counted, and it is no lower than ``selection_statistics`` has it where these differ as much.

    **Looks ahead:** label only; all was earned on validation.

    Args:
        study: Of the trial.
        best: Complete.

    Returns:
        None where its active returns do not vary, or were not recorded.
    """
    trials = own_trials(study)
    own = _moments(best)
    if own is None:
        return None
    complete = filter(None, (_moments(trial) for trial in trials if trial.state == TrialState.COMPLETE))
    ratios = [ratio for one in complete if (ratio := one.sharpe_in_errors) is not None]
    n_trials = sum(trial.state == TrialState.COMPLETE or bool(reported_values(trial)) for trial in trials)
    probability = deflated_sharpe(own, max(n_trials, 1), spread_of_sharpes(ratios, own.count))
    return None if probability is None else (probability, n_trials)


def _moments(trial: FrozenTrial) -> Moments | None:
    kept: dict[str, Any] = trial.user_attrs.get(MOMENTS, {})
    if not kept.get("variance"):
        return None
    return Moments(**{field.name: kept[field.name] for field in fields(Moments)})
