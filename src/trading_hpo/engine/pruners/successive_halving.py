"""Successive halving, whose rungs follow from the reported values alone.

Why not Optuna's own: it keeps rungs as attributes, which a trial that is run again finds filled.
"""

from collections.abc import Sequence
from typing import Literal

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.dominance import is_among_best, oriented
from trading_hpo.engine.pruners.rungs import RungsConfig
from trading_hpo.engine.trial_record import reported_values

SEEN = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)


class SuccessiveHalvingConfig(RungsConfig):
    """At every rung the best 1 / reduction_factor of the trials that have reached it go on.

    With several objectives the best are those of the first fronts; of the last front that goes on in part, those that
    lie spread out over it, the best of each objective first.

    Source: Jamieson and Talwalkar (2016); without waiting for a rung to fill, as in Li et al. (2020), ASHA. Several
    objectives: Schmucker et al. (2021), Multi-objective Asynchronous Successive Halving. Theirs promotes waiting
    trials, this one judges a trial when it comes to a rung and never takes the judgement back; and its epsilon-net
    begins with the ends of the front, where theirs begins with any point, so that no end is lost by chance.
    """

    name: Literal["successive_halving"] = "successive_halving"

    def make(self, max_epochs: int) -> optuna.pruners.BasePruner:
        """Return the pruner of a study."""
        rungs: list[int] = []
        rung = self.min_epochs
        while rung < max_epochs:  # none lies on the last epoch: nothing would be saved
            rungs.append(rung)
            rung *= self.reduction_factor
        return SuccessiveHalvingPruner(rungs, self.reduction_factor)


class SuccessiveHalvingPruner(optuna.pruners.BasePruner):
    """Judges a trial at every rung among the trials that have been there.

    Args:
        rungs: Epochs at which it judges.
        reduction_factor: One in so many goes on from a rung.
    """

    def __init__(self, rungs: Sequence[int], reduction_factor: int) -> None:
        self.rungs, self.reduction_factor = tuple(rungs), reduction_factor

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial stands on a rung and is not among the best 1 / reduction_factor there."""
        return self.prune_among(study, trial, study.get_trials(deepcopy=False, states=SEEN))

    def prune_among(self, study: optuna.Study, trial: FrozenTrial, rivals: list[FrozenTrial]) -> bool:
        """Judge the trial among ``rivals`` only; itself among them or not makes no difference."""
        own = reported_values(trial)
        epoch = max(own, default=0)
        if epoch not in self.rungs:
            return False
        reported = [reported_values(rival) for rival in rivals if rival.number != trial.number]
        others = [values[epoch] for values in reported if epoch in values]
        directions = [direction.name.lower() for direction in study.directions]
        points = oriented([own[epoch], *others], directions)
        # The best of each objective goes on, however few have come so far.
        kept = max(len(points) // self.reduction_factor, len(directions))
        return not is_among_best(points, 0, kept)
