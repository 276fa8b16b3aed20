"""Successive halving and Hyperband, whose rungs follow from the slot and the reported values alone.

Optuna's own keep rungs as attributes, which a trial that is run again finds filled, and assign brackets by a hash of
the study's name.
"""

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.dominance import is_among_best, oriented
from trading_hpo.engine.trial_record import SLOT, reported_values

SEEN = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)


class SuccessiveHalvingPruner(optuna.pruners.BasePruner):
    """At every rung the best 1 / reduction_factor of those that came so far go on.

    With several objectives the best are those of the first fronts; of the last front that goes on in part, those that
    lie spread out over it, the best of each objective first.

    Source: Jamieson and Talwalkar (2016); without waiting for a rung to fill, as in Li et al. (2020), ASHA. Several
    objectives: Schmucker et al. (2021), Multi-objective Asynchronous Successive Halving. Theirs promotes waiting
    trials, this one judges a trial when it comes to a rung and never takes the judgement back; and its epsilon-net
    begins with the ends of the front, where theirs begins with any point, so that no end is lost by chance.

    Args:
        min_epochs: First rung.
        max_epochs: Of a trial; no rung lies there.
        reduction_factor: One in so many goes on from a rung.
    """

    def __init__(self, min_epochs: int, max_epochs: int, reduction_factor: int) -> None:
        self.reduction_factor = reduction_factor
        self.rungs: list[int] = []
        rung = min_epochs
        while rung < max_epochs:
            self.rungs.append(rung)
            rung *= reduction_factor

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


class HyperbandPruner(optuna.pruners.BasePruner):
    """Several successive halvings side by side, each with a later first rung; slots take them in turn.

    Source: Li et al. (2017), Hyperband.

    Args:
        min_epochs: First rung of the first bracket.
        max_epochs: Of a trial.
        reduction_factor: One in so many goes on from a rung.
    """

    def __init__(self, min_epochs: int, max_epochs: int, reduction_factor: int) -> None:
        self.brackets: list[SuccessiveHalvingPruner] = []
        first = min_epochs
        while first <= max_epochs:
            self.brackets.append(SuccessiveHalvingPruner(first, max_epochs, reduction_factor))
            first *= reduction_factor
        # Bracket s starts about eta^(s_max - s) * (s_max + 1) / (s_max - s + 1) trials (equation in section 3).
        s_max = len(self.brackets) - 1
        shares = [-(-(s_max + 1) * reduction_factor ** (s_max - s) // (s_max - s + 1)) for s in range(s_max + 1)]
        self._turns = _interleaved(shares)

    def bracket(self, slot: int) -> int:
        """Return the bracket of a slot."""
        return self._turns[slot % len(self._turns)]

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial falls behind in its bracket."""
        own = self.bracket(trial.user_attrs[SLOT])
        rivals = [
            other
            for other in study.get_trials(deepcopy=False, states=SEEN)
            if self.bracket(other.user_attrs.get(SLOT, other.number)) == own
        ]
        return self.brackets[own].prune_among(study, trial, rivals)


def _interleaved(shares: list[int]) -> list[int]:
    """Spread brackets over the slots in proportion to their shares, the fullest first."""
    total = sum(shares)
    given = [0] * len(shares)
    turns = []
    for turn in range(1, total + 1):
        behind = [share * turn / total - have for share, have in zip(shares, given, strict=True)]
        bracket = max(range(len(shares)), key=behind.__getitem__)
        given[bracket] += 1
        turns.append(bracket)
    return turns
