"""Suggests parameters and prunes, on a study in memory that mirrors the stored one.

Samplers and pruners read the whole history at every step; in memory that costs milliseconds, and the
storage is left with one short write per event.
"""

import json
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.search.config import HpoConfig
from trading_hpo.search.pruners.registry import make_pruner
from trading_hpo.search.samplers.registry import slot_sampler, slots_of
from trading_hpo.search.space import fits, suggest
from trading_hpo.search.study import SLOT


@dataclass(frozen=True)
class Proposal:
    """What a slot is to try.

    Attributes:
        parameters: By name.
        distributions: Of the parameters.
        started_from: The entry of ``hpo.start_from`` that was tried, as JSON; none for what the sampler chose.
        system_attrs: What the sampler must find again in the stored trial, such as a generation's number.
    """

    parameters: dict[str, Any]
    distributions: dict[str, BaseDistribution]
    system_attrs: dict[str, Any]
    started_from: str | None = None


class Proposer:
    """The history of a study, and what to try next.

    Args:
        hpo: Sampler, pruner, direction and seed.
        space: Of the model type.
        history: Finished trials of the stored study.
        max_epochs: Of a trial.
        begun_from: Entries of ``hpo.start_from`` that have their slot already.
    """

    def __init__(
        self,
        hpo: HpoConfig,
        space: Mapping[str, Any],
        history: Sequence[FrozenTrial],
        max_epochs: int,
        begun_from: Collection[str] = (),
    ) -> None:
        self._hpo, self._space = hpo, space
        self._study = optuna.create_study(direction=hpo.objective.direction, pruner=make_pruner(hpo.pruner, max_epochs))
        self._study.add_trials(sorted(history, key=lambda trial: trial.user_attrs.get(SLOT, trial.number)))
        self._running: dict[int, optuna.Trial] = {}
        fitting = [json.dumps(entry, sort_keys=True) for entry in hpo.start_from if fits(space, entry)]
        self._first = deque(entry for entry in fitting if entry not in begun_from)

    @property
    def n_slots(self) -> int:
        """How many slots the search has: the budget, or fewer if there is no more to try."""
        return int(min(self._hpo.n_trials, slots_of(self._hpo.sampler, self._space)))

    def propose(self, slot: int, fixed: Mapping[str, Any] | None = None) -> Proposal:
        """Return what to try in a slot; the parameters of ``fixed``, if the slot was begun before."""
        self._study.sampler = slot_sampler(self._hpo.sampler, self._hpo.seed, slot, self._space)
        started_from = self._first.popleft() if fixed is None and self._first else None
        if started_from is not None:
            fixed = json.loads(started_from)  # what it leaves open is drawn
        if fixed is not None:
            self._study.enqueue_trial(dict(fixed), user_attrs={SLOT: slot})
        trial = self._study.ask()
        trial.set_user_attr(SLOT, slot)
        self._running[slot] = trial
        parameters = suggest(self._space, trial)
        frozen = self._study.get_trials(deepcopy=False)[trial.number]
        return Proposal(parameters, dict(trial.distributions), dict(frozen.system_attrs), started_from)

    def should_prune(self, slot: int, epoch: int, value: float) -> bool:
        """Take a value on the way and say whether to give the trial up."""
        trial = self._running[slot]
        trial.report(value, epoch)
        return trial.should_prune()

    def finish(self, slot: int, state: TrialState, value: float | None = None) -> None:
        """Take the end of a slot's trial into the history."""
        self._study.tell(self._running.pop(slot), value if state == TrialState.COMPLETE else None, state=state)

    def learn(self, trial: FrozenTrial) -> None:
        """Take a trial that another search has ended into the history."""
        self._study.add_trial(trial)

    def was_begun(self, started_from: str) -> None:
        """Cross out an entry of ``hpo.start_from`` that another search has begun."""
        self._first = deque(entry for entry in self._first if entry != started_from)

    def forget(self, slot: int) -> None:
        """Drop a trial whose worker died; the slot will be proposed again."""
        self.finish(slot, TrialState.FAIL)
