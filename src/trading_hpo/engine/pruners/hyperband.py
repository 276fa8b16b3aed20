"""Hyperband, whose brackets follow from the slots alone.

Why not Optuna's own: it assigns brackets by a hash of the study's name.
"""

from typing import ClassVar, Literal

import optuna
from optuna.trial import FrozenTrial

from trading_hpo.engine.pruners.rungs import RungsConfig
from trading_hpo.engine.pruners.successive_halving import SEEN, SuccessiveHalvingPruner
from trading_hpo.engine.trial_record import SLOT


class HyperbandConfig(RungsConfig):
    """Several successive halvings side by side, each with a later first rung; slots take them in turn.

    Source: Li et al. (2017), Hyperband.
    """

    needs_epochs: ClassVar[bool] = True

    name: Literal["hyperband"] = "hyperband"

    def make(self, max_epochs: int) -> optuna.pruners.BasePruner:
        """Return the pruner of a study."""
        return HyperbandPruner(self.min_epochs, max_epochs, self.reduction_factor)


class HyperbandPruner(optuna.pruners.BasePruner):
    """Judges a trial in the bracket of its slot.

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
