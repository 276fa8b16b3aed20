"""The searches of one model type, one after another, each taught by the one before.

Every phase is a study of its own: trials of other epochs are no rivals, and a sampler whose ranges change in the
middle of a study loses what it knows.
"""

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import optuna

from trading_hpo.engine.space import space_from
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.trial_record import VIOLATIONS, violation
from trading_hpo.errors import StaleInputError
from trading_hpo.escaping import file_name
from trading_hpo.splits.folds import Split
from trading_hpo.study.config import HpoConfig, PhaseConfig
from trading_hpo.study.evaluation import EvaluationTask
from trading_hpo.study.fingerprint import TRANSFERRED, conditions_of
from trading_hpo.study.narrowing import narrowed
from trading_hpo.study.ranking import best_trial
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.search import Search
from trading_hpo.study.transfer import Transfer, teacher, transfer_of
from trading_hpo.tasks.registry import task_of
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Phases:
    """What one model type searches.

    Attributes:
        ref: The study, or the studies of the phases.
        first: The search of the first phase; later ones differ from it by their own settings.
        hpo: Of all phases.
        sealed_from: First moment of the holdout.
    """

    ref: StudyRef
    first: Search
    hpo: HpoConfig
    sealed_from: str

    @staticmethod
    def of(ref: StudyRef, hpo: HpoConfig, *, panel: Panel, split: Split, **settings: Any) -> "Phases":
        """Put the searches together.

        Args:
            ref: The study, with its phases.
            hpo: Phases, or the one search.
            panel: As of ``Search.of``.
            split: As of ``Search.of``.
            settings: Its further arguments.
        """
        hpo = hpo.for_task(task_of(panel.label))
        settings |= {"panel": panel, "split": split, "hpo": hpo.searches[0], "place": ref.place}
        first = Search.of(ref.model_type, ref.names[0], **settings)
        first = replace(first, phase=ref.phases[0] if ref.phases else "")
        return Phases(ref, first, hpo, panel.timestamps[split.holdout.start].isoformat())

    @property
    def digest(self) -> str:
        """Of the conditions of the first study."""
        return hashlib.sha256(json.dumps(self.first.fingerprint, sort_keys=True).encode()).hexdigest()

    def check(self, storage: StudyStorage) -> bool:
        """Refuse what the search would refuse, and make nothing; warn of what it will not do.

        Returns:
            Whether the first study is there already.
        """
        name, made = self.ref.names[0], self._taught_from_outside(storage).check(storage)
        searches = [(own.pruner, replace(self.first, hpo=own).pruner) for own in self.hpo.searches]
        if unused := [asked.name for asked, used in searches if asked != used]:
            logger.info(
                "%s has no epochs: pruner %s is not used.", self.ref.model_type, ", ".join(dict.fromkeys(unused))
            )
        teachers = made.get(TRANSFERRED, {}).get("teachers", [])
        if made and (missed := [other for other in self.hpo.teachers(self.ref.model_type) if other not in teachers]):
            logger.warning(
                "hpo.warm_start: study %s was made without %s, and only a new study can be taught.",
                name,
                ", ".join(missed),
            )
        return bool(made)

    def check_accepted(self, storage: StudyStorage) -> None:
        """Refuse to make a study of other conditions than those that were checked before the first search.

        Raises:
            StaleInputError: Another run has prepared other data since, or the study was never checked.
        """
        if self.digest != self.ref.accepted and not self._taught_from_outside(storage).check(storage):
            raise StaleInputError(
                f"Study {self.ref.names[0]} must be made on the data and with the settings that were checked before "
                "the first search, got others: another run has prepared data since, or the check was left out. Run "
                "`kedro run --pipeline hpo`."
            )

    def on(self, panel: Panel) -> "Phases":
        """Return the same searches, whose workers map another file of the same panel."""
        assert panel.path is not None
        return replace(self, first=replace(self.first, panel_path=panel.path))

    def run(self, storage: StudyStorage, ledger: Path | None = None) -> None:
        """Search phase by phase; a phase begins once the budget of the one before is spent.

        Args:
            storage: Of the studies.
            ledger: As of ``Search.run``.
        """
        deadline = None if self.hpo.timeout_minutes is None else time.monotonic() + 60 * self.hpo.timeout_minutes
        search, before = self._taught_from_outside(storage), None
        for number, name in enumerate(self.ref.names):
            if before is not None:
                if deadline is not None and time.monotonic() >= deadline:
                    break
                search = self._next(number, StudyRef(name, storage), before)
            # At least a moment: no minutes at all would be no limit.
            left = None if deadline is None else max((deadline - time.monotonic()) / 60, 1e-9)
            search = replace(search, hpo=search.hpo.model_copy(update={"timeout_minutes": left}))
            spent = search.run(storage, ledger)
            before = StudyRef(name, storage).open()
            if not spent:
                break
        self._say_what_is_broken(before)

    def _say_what_is_broken(self, study: optuna.Study | None) -> None:
        best = None if study is None else best_trial(study)
        if study is not None and best is not None and violation(best) > 0:
            broken = ", ".join(bound for bound, over in best.user_attrs.get(VIOLATIONS, {}).items() if over > 0)
            logger.warning(
                "%s: no trial keeps all constraints; the nearest, %d, breaks %s.", study.study_name, best.number, broken
            )

    def _taught_from_outside(self, storage: StudyStorage) -> Search:
        names = dict.fromkeys(self.hpo.teachers(self.ref.model_type), "hpo.warm_start")
        names |= dict.fromkeys(self.ref.grown_from, "hpo.reoptimise")

        def ask() -> Transfer:
            space, sealed_from = self.first.space, self.sealed_from
            teachers = [teacher(storage, name, asked_by, space, sealed_from) for name, asked_by in names.items()]
            return transfer_of(teachers, space, self.first.hpo)

        return replace(self.first, transfer=ask) if names else self.first

    def _task_of(self, name: str, training: TrainingConfig) -> EvaluationTask:
        task = replace(self.first.task, training=training)
        return task if task.scalars is None else replace(task, scalars=task.scalars.with_name(file_name(name)))

    def _space_of(self, phase: PhaseConfig, study: StudyRef, before: optuna.Study) -> Mapping[str, Any]:
        """Return a later phase's space: around the best before it, as that was when the phase began."""
        best = best_trial(before)
        if phase.narrow_around_best is None or best is None:
            return self.first.space
        if study.if_there().skipped is None:
            made_under = conditions_of(study.open())
            if "search_space" in made_under:
                return space_from(made_under["search_space"])
        return narrowed(self.first.space, best.params, phase.narrow_around_best)

    def _next(self, number: int, study: StudyRef, before: optuna.Study) -> Search:
        """Return a later phase's search, around what the one before has found."""
        hpo, name = self.hpo.searches[number], study.study_name
        space = self._space_of(self.hpo.phases[number], study, before)
        training = self.first.task.training.model_copy(update={"epochs": hpo.epochs or self.first.all_epochs})
        shown = {entry: parameter.model_dump(mode="json") for entry, parameter in space.items()}
        return replace(
            self.first,
            study_name=name,
            phase=self.hpo.phases[number].name,
            space=space,
            hpo=hpo,
            task=self._task_of(name, training),
            fingerprint={**self.first.fingerprint, "search_space": shown, "training": training.compared()},
            transfer=lambda: transfer_of([before], space, hpo),
        )
