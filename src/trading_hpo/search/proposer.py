"""Suggests parameters and prunes, on a study in memory that mirrors the stored one.

Samplers and pruners read the whole history at every step; in memory that costs milliseconds, and the
storage is left with one short write per event.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.search.config import HpoConfig
from trading_hpo.search.pruners import SLOT, make_pruner
from trading_hpo.search.samplers import slot_sampler
from trading_hpo.search.space import suggest


class Proposer:
    """The history of a study, and what to try next.

    Args:
        hpo: Sampler, pruner, direction and seed.
        space: Of the model type.
        history: Finished trials of the stored study.
        max_epochs: Of a trial.
    """

    def __init__(
        self, hpo: HpoConfig, space: Mapping[str, Any], history: Sequence[FrozenTrial], max_epochs: int
    ) -> None:
        self._hpo, self._space = hpo, space
        self._study = optuna.create_study(direction=hpo.objective.direction, pruner=make_pruner(hpo.pruner, max_epochs))
        self._study.add_trials(sorted(history, key=lambda trial: trial.user_attrs.get(SLOT, trial.number)))
        self._running: dict[int, optuna.Trial] = {}

    def propose(
        self, slot: int, fixed: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
        """Return parameters for a slot; those of ``fixed``, if the slot was begun before."""
        self._study.sampler = slot_sampler(self._hpo.sampler, self._hpo.seed, slot)
        if fixed is not None:
            self._study.enqueue_trial(dict(fixed), user_attrs={SLOT: slot})
        trial = self._study.ask()
        trial.set_user_attr(SLOT, slot)
        self._running[slot] = trial
        return suggest(self._space, trial), dict(trial.distributions)

    def should_prune(self, slot: int, epoch: int, value: float) -> bool:
        """Take a value on the way and say whether to give the trial up."""
        trial = self._running[slot]
        trial.report(value, epoch)
        return trial.should_prune()

    def finish(self, slot: int, state: TrialState, value: float | None = None) -> None:
        """Take the end of a slot's trial into the history."""
        self._study.tell(self._running.pop(slot), value if state == TrialState.COMPLETE else None, state=state)

    def forget(self, slot: int) -> None:
        """Drop a trial whose worker died; the slot will be proposed again."""
        self.finish(slot, TrialState.FAIL)
