"""The trials of a search that pruned nothing, as its study keeps them: what each was worth after every epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna import Study


@dataclass(frozen=True)
class Curve:
    """A trial that was trained to its end.

    Attributes:
        slot: Its place in the budget.
        parameters: What was tried.
        by_epoch: Mean over folds after each epoch, as pruners see it.
        value: In the end.
        folds: As the trial left them: ``epochs``, ``stopped_epoch`` and more.
    """

    slot: int
    parameters: Mapping[str, Any]
    by_epoch: Mapping[int, float]
    value: float
    folds: Sequence[Mapping[str, Any]]

    def epochs_by(self, epoch: int) -> int:
        """Return the epochs of all folds together at the end of an epoch; a fold that has stopped has no more."""
        return sum(min(epoch, fold["epochs"]) for fold in self.folds)

    @property
    def epochs(self) -> int:
        """Of all folds together."""
        return sum(fold["epochs"] for fold in self.folds)


def best_within(curves: Sequence[Curve], epochs: int) -> Curve:
    """Return the best of the trials that were trained within a budget of epochs, taken in the order of their slots."""
    spent = accumulate(curve.epochs for curve in curves)
    return max((c for c, s in zip(curves, spent, strict=True) if s <= epochs), key=lambda curve: curve.value)


def curves_in(project: Path, study_name: str) -> list[Curve]:
    """Read the trials of a study of the project."""
    from trading_hpo.engine.store.storage import StudyStorage
    from trading_hpo.study.reference import StudyRef

    storage = StudyStorage(f"sqlite:///{next(project.rglob('studies.db'))}")
    return curves_of(StudyRef(study_name, storage).open())


def curves_of(study: "Study") -> list[Curve]:
    """Return the trials of a study in the order of their slots.

    Raises:
        RuntimeError: A trial did not come to its end.
    """
    trials = study.get_trials(deepcopy=False)
    unfinished = [trial.number for trial in trials if trial.state.name != "COMPLETE"]
    if unfinished:
        raise RuntimeError(f"all trials of {study.study_name} must be complete, but {unfinished} are not")
    curves = [
        Curve(trial.user_attrs["slot"], trial.params, trial.intermediate_values, trial.value, trial.user_attrs["folds"])
        for trial in trials
        if trial.value is not None
    ]
    return sorted(curves, key=lambda curve: curve.slot)
