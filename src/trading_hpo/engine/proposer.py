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

from trading_hpo.engine.config import SearchPlan
from trading_hpo.engine.pruners.study_view import WithoutTransferred
from trading_hpo.engine.samplers.base import Draw
from trading_hpo.engine.space import fits, suggest
from trading_hpo.engine.trial_record import REPORTED, SLOT


@dataclass(frozen=True)
class Proposal:
    """What a slot is to try.

    Attributes:
        parameters: By name.
        distributions: Of the parameters.
        started_from: The configuration to start from that is tried, as JSON; none for what the sampler chose.
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
        reported: Values by step, of several objectives; none of one, whose values are stored as they are reported.
        violations: Of each constraint, in their order; empty for a trial that has no metrics.
    """

    reported: Mapping[str, Sequence[float]] | None
    violations: Mapping[str, float]


class Proposer:
    """The history of a study, and what to try next.

    Args:
        plan: Sampler, pruner, goals and seed.
        space: Of the candidates.
        history: Finished trials of the stored study.
        begun_from: Configurations to start from that have their slot already, as JSON.
        transferred: Complete trials of earlier studies that the sampler learns from.
    """

    def __init__(
        self,
        plan: SearchPlan,
        space: Mapping[str, Any],
        history: Sequence[FrozenTrial],
        begun_from: Collection[str] = (),
        transferred: Sequence[FrozenTrial] = (),
    ) -> None:
        self._plan, self._space = plan, space
        self._pruner = plan.pruner.make(plan.max_epochs)
        self._study = optuna.create_study(directions=[goal.direction for goal in plan.goals], pruner=self._pruner)
        self._study.add_trials(transferred)
        self._seen_by_pruner: Any = WithoutTransferred(self._study) if transferred else self._study
        in_order = sorted(history, key=lambda trial: trial.user_attrs.get(SLOT, trial.number))
        # Of a batch that was interrupted some have ended: they come in between the others, as they did at first.
        of_batch = _first_unfinished_batch(in_order, plan.candidates_per_batch)
        self._held_back = deque(trial for trial in in_order if trial.user_attrs.get(SLOT) in of_batch)
        before = (trial for trial in in_order if trial.user_attrs.get(SLOT) not in of_batch)
        self._study.add_trials([self._mirrored(trial) for trial in before])
        self._repeated: list[tuple[optuna.Trial, FrozenTrial]] = []
        self._running: dict[int, optuna.Trial] = {}
        fitting = [entry for entry in plan.start_from if fits(space, entry)]
        named = dict.fromkeys(json.dumps(entry, sort_keys=True) for entry in fitting)
        self._first = deque(name for name in named if name not in begun_from)

    @property
    def n_slots(self) -> int:
        """How many slots the search has: the budget, or fewer if there is no more to try."""
        return int(min(self._plan.n_trials, self._plan.sampler.n_slots(self._space)))

    def propose(self, slot: int, fixed: Mapping[str, Any] | None = None) -> Proposal:
        """Return what to try in a slot; the parameters of ``fixed``, if the slot was begun before."""
        while self._held_back and self._held_back[0].user_attrs[SLOT] < slot:
            self._repeat(self._held_back.popleft())
        started_from = self._first.popleft() if fixed is None and self._first else None
        if started_from is not None:
            fixed = json.loads(started_from)  # what it leaves open is drawn
        self._running[slot] = trial = self._ask(slot, fixed)
        parameters = suggest(self._space, trial)
        return Proposal(parameters, dict(trial.distributions), dict(self._frozen(trial).system_attrs), started_from)

    def _ask(self, slot: int, fixed: Mapping[str, Any] | None) -> optuna.Trial:
        self._study.sampler = self._plan.sampler.make(Draw(self._space, self._plan.seed, slot))
        if fixed is not None:
            self._study.enqueue_trial(dict(fixed), user_attrs={SLOT: slot})
        trial = self._study.ask()
        trial.set_user_attr(SLOT, slot)
        return trial

    def _repeat(self, ended: FrozenTrial) -> None:
        trial = self._ask(ended.user_attrs[SLOT], ended.params)
        suggest(self._space, trial)
        self._repeated.append((trial, ended))

    def _end_repeated(self) -> None:
        """Let what had ended of an interrupted batch end again, now that the whole batch is proposed."""
        for trial, ended in self._repeated:
            self._tell(trial, ended.state, ended.values, ended.constraints)
        self._repeated.clear()
        self._study.add_trials([self._mirrored(trial) for trial in self._held_back])
        self._held_back.clear()

    def should_prune(self, slot: int, epoch: int, values: Sequence[float]) -> bool:
        """Take the values on the way, one per objective, and say whether to give the trial up."""
        trial = self._running[slot]
        if self._several:
            trial.set_user_attr(REPORTED, {**trial.user_attrs.get(REPORTED, {}), str(epoch): list(values)})
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
            values: One per objective; those of a complete trial count.
            violations: Of each constraint by name, of a trial that has metrics.
        """
        self._end_repeated()
        trial = self._running.pop(slot)
        self._tell(trial, state, values, violations or {})
        return History(trial.user_attrs.get(REPORTED), violations or {})

    def _tell(
        self, trial: optuna.Trial, state: TrialState, values: Sequence[float] | None, violations: Mapping[str, float]
    ) -> None:
        # By number, as they come back from the storage.
        for number, violation in enumerate(violations.values()):
            trial.set_constraint(str(number), violation)
        self._study.tell(trial, values if state == TrialState.COMPLETE else None, state=state)

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
        return len(self._plan.goals) > 1

    def _frozen(self, trial: optuna.Trial) -> FrozenTrial:
        return self._study.get_trials(deepcopy=False)[trial.number]

    def _mirrored(self, trial: FrozenTrial) -> FrozenTrial:
        """With several objectives samplers know no values on the way; pruners find them among the attributes."""
        if not self._several:
            return trial
        ours = copy(trial)
        ours.intermediate_values = {}
        if ours.state != TrialState.COMPLETE:
            ours.values = None
        return ours


def _first_unfinished_batch(history: Sequence[FrozenTrial], size: int) -> range:
    ended = {trial.user_attrs.get(SLOT) for trial in history}
    lowest = next(slot for slot in range(len(ended) + 1) if slot not in ended)
    return range(lowest // size * size, (lowest // size + 1) * size)
