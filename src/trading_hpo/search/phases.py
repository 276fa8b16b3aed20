"""The searches of one model type, one after another, each taught by the one before.

Every phase is a study of its own: trials of other epochs are no rivals, and a sampler whose ranges change in the
middle of a study loses what it knows.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import optuna

from trading_hpo.search.config import HpoConfig
from trading_hpo.search.fingerprint import compared_training
from trading_hpo.search.memory import Memory, memory_of, teacher
from trading_hpo.search.narrowing import narrowed
from trading_hpo.search.ranking import best_trial
from trading_hpo.search.run import Search
from trading_hpo.search.storage import StudyStorage
from trading_hpo.search.study import StudyRef
from trading_hpo.search.trial import TrialTask
from trading_hpo.training.config import TrainingConfig


@dataclass(frozen=True)
class Phases:
    """What one model type searches.

    Attributes:
        ref: The study, or the studies of the phases.
        first: The search of the first phase; later ones differ from it by their own settings.
        hpo: Of all phases.
    """

    ref: StudyRef
    first: Search
    hpo: HpoConfig

    @staticmethod
    def of(ref: StudyRef, hpo: HpoConfig, **settings: Any) -> "Phases":
        """Put the searches together.

        Args:
            ref: The study, with its phases.
            hpo: Phases, or the one search.
            settings: Arguments of ``Search.of``.
        """
        first = Search.of(model_type=ref.model_type, study_name=ref.names[0], hpo=hpo.searches[0], **settings)
        return Phases(ref, first, hpo)

    def open(self, storage: StudyStorage) -> None:
        """Make the first study, or check that it was made under the same conditions."""
        self._taught_from_outside(storage).open(storage)

    def run(self, storage: StudyStorage) -> None:
        """Search phase by phase; a phase begins once the budget of the one before is spent."""
        deadline = None if self.hpo.timeout_minutes is None else time.monotonic() + 60 * self.hpo.timeout_minutes
        search, before = self._taught_from_outside(storage), None
        for number, name in enumerate(self.ref.names):
            if before is not None:
                search = self._next(number, name, before)
            left = None if deadline is None else max((deadline - time.monotonic()) / 60, 1e-9)
            search = replace(search, hpo=search.hpo.model_copy(update={"timeout_minutes": left}))
            if not search.run(storage):
                return
            before = StudyRef(name, storage).open()

    def _taught_from_outside(self, storage: StudyStorage) -> Search:
        names = [*self.hpo.teachers(self.ref.model_type), *self.ref.grown_from]

        def ask() -> Memory:
            teachers = [teacher(storage, name, self.first.space) for name in names]
            return memory_of(teachers, self.first.space, self.first.hpo)

        return replace(self.first, memory=ask) if names else self.first

    def _task_of(self, name: str, training: TrainingConfig) -> TrialTask:
        task = replace(self.first.task, training=training)
        return task if task.scalars is None else replace(task, scalars=task.scalars.with_name(name))

    def _next(self, number: int, name: str, before: optuna.Study) -> Search:
        """Return a later phase's search, around what the one before has found."""
        phase, hpo = self.hpo.phases[number], self.hpo.searches[number]
        space: Mapping[str, Any] = self.first.space
        best = best_trial(before)
        if phase.narrow_around_best is not None and best is not None:
            space = narrowed(space, best.params, phase.narrow_around_best)
        training = self.first.task.training.model_copy(update={"epochs": hpo.epochs or self.first.all_epochs})
        shown = {entry: parameter.model_dump(mode="json") for entry, parameter in space.items()}
        return replace(
            self.first,
            study_name=name,
            space=space,
            hpo=hpo,
            task=self._task_of(name, training),
            fingerprint={**self.first.fingerprint, "search_space": shown, "training": compared_training(training)},
            memory=lambda: memory_of([before], space, hpo),
        )
