"""Suggests parameters and prunes, on a study in memory that mirrors the stored one.

Samplers and pruners read the whole history at every step; in memory that costs milliseconds, and the
storage is left with one short write per event.
"""

import json
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.search.config import HpoConfig
from trading_hpo.search.memory import Memory
from trading_hpo.search.pruners.curve import CURVE
from trading_hpo.search.pruners.own_trials import OwnTrials
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
        started_from: The configuration to start from that was tried, of ``hpo.start_from`` or of the memory, as JSON;
            none for what the sampler chose.
        system_attrs: What the sampler must find again in the stored trial, such as a generation's number.
    """

    parameters: dict[str, Any]
    distributions: dict[str, BaseDistribution]
    system_attrs: dict[str, Any]
    started_from: str | None = None


@dataclass(frozen=True)
class History:
    """What must be kept of a trial so that a resumed search judges and samples as this one would.

    Attributes:
        curve: Values by epoch, of several objectives; none of one, whose values are stored as they are reported.
        violations: Of each constraint, in their order; empty for a trial that has no metrics.
    """

    curve: Mapping[str, Sequence[float]] | None
    violations: Mapping[str, float]


class Proposer:
    """The history of a study, and what to try next.

    Args:
        hpo: Sampler, pruner, objectives, constraints and seed.
        space: Of the model type.
        history: Finished trials of the stored study.
        max_epochs: Of a trial.
        begun_from: Entries of ``hpo.start_from`` and of the memory that have their slot already.
        memory: What earlier studies know.
    """

    def __init__(
        self,
        hpo: HpoConfig,
        space: Mapping[str, Any],
        history: Sequence[FrozenTrial],
        max_epochs: int,
        begun_from: Collection[str] = (),
        memory: Memory | None = None,
    ) -> None:
        self._hpo, self._space = hpo, space
        self._pruner = make_pruner(hpo.pruner, max_epochs)
        self._study = optuna.create_study(
            directions=[objective.direction for objective in hpo.objectives], pruner=self._pruner
        )
        memory = memory or Memory()
        self._study.add_trials(memory.trials)
        self._seen_by_pruner: Any = OwnTrials(self._study) if memory.trials else self._study
        in_order = sorted(history, key=lambda trial: trial.user_attrs.get(SLOT, trial.number))
        self._study.add_trials([self._mirrored(trial) for trial in in_order])
        self._running: dict[int, optuna.Trial] = {}
        fitting = [entry for entry in (*hpo.start_from, *memory.first) if fits(space, entry)]
        named = dict.fromkeys(json.dumps(entry, sort_keys=True) for entry in fitting)
        self._first = deque(name for name in named if name not in begun_from)

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
        return Proposal(parameters, dict(trial.distributions), dict(self._frozen(trial).system_attrs), started_from)

    def should_prune(self, slot: int, epoch: int, values: Sequence[float]) -> bool:
        """Take the values on the way, one per objective, and say whether to give the trial up."""
        trial = self._running[slot]
        if self._several:
            trial.set_user_attr(CURVE, {**trial.user_attrs.get(CURVE, {}), str(epoch): list(values)})
        else:
            trial.report(values[0], epoch)
        return self._pruner.prune(self._seen_by_pruner, self._frozen(trial))

    def finish(
        self,
        slot: int,
        state: TrialState,
        values: Sequence[float] | None = None,
        violations: Mapping[str, float] | None = None,
    ) -> History:
        """Take the end of a slot's trial into the history, and return what the storage must keep of it.

        Args:
            slot: Whose trial.
            state: It ended in.
            values: One per objective; of a complete trial only.
            violations: Of each constraint by name, of a trial that has metrics.
        """
        trial = self._running.pop(slot)
        # By number, as they come back from the storage.
        for number, violation in enumerate((violations or {}).values()):
            trial.set_constraint(str(number), violation)
        self._study.tell(trial, values, state=state)
        return History(trial.user_attrs.get(CURVE), violations or {})

    def learn(self, trial: FrozenTrial) -> None:
        """Take a trial that another search has ended into the history."""
        self._study.add_trial(self._mirrored(trial))

    def was_begun(self, started_from: str) -> None:
        """Cross out a configuration to start from that another search has begun."""
        self._first = deque(entry for entry in self._first if entry != started_from)

    def forget(self, slot: int) -> None:
        """Drop a trial whose worker died; the slot will be proposed again."""
        self.finish(slot, TrialState.FAIL)

    @property
    def _several(self) -> bool:
        return len(self._hpo.objectives) > 1

    def _frozen(self, trial: optuna.Trial) -> FrozenTrial:
        return self._study.get_trials(deepcopy=False)[trial.number]

    def _mirrored(self, trial: FrozenTrial) -> FrozenTrial:
        """With several objectives samplers know no values on the way; pruners find them in the curve."""
        if not self._several:
            return trial
        ours = copy(trial)
        ours.intermediate_values = {}
        if ours.state != TrialState.COMPLETE:
            ours.values = None
        return ours
