"""A study as its pruner sees it: without the trials that were transferred from earlier ones."""

from collections.abc import Container
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import SLOT


class WithoutTransferred:
    """Answers like the study in all but its trials.

    Transferred trials have no values on the way. A pruner that waits for a number of complete trials would count them,
    and one that compares with the best would have nothing to compare with.

    Args:
        study: With transferred trials, which have no slot.
    """

    def __init__(self, study: optuna.Study) -> None:
        self._study = study

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        """Return the trials that have a slot."""
        found = self._study.get_trials(deepcopy=deepcopy, states=states)
        return [trial for trial in found if SLOT in trial.user_attrs]

    @property
    def best_trial(self) -> FrozenTrial:
        """The best of these.

        Raises:
            ValueError: None is complete, as Optuna has it.
        """
        complete = self.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if not complete:
            raise ValueError("No trials are completed yet.")
        largest = self._study.direction == optuna.study.StudyDirection.MAXIMIZE
        return (max if largest else min)(complete, key=lambda trial: trial.values[0])
