"""Hyperband, whose brackets follow from the slots alone.

Why not Optuna's own: it assigns brackets by a hash of the study's name; it counts rungs up from the least epochs, so
that its last bracket prunes too, unless the most epochs are the least times a power of the reduction factor; and it
counts brackets by a logarithm, which is one too few for 243 epochs and a reduction factor of 3.
"""

import logging
from typing import ClassVar, Literal

import optuna
from optuna.trial import FrozenTrial

from trading_hpo.engine.pruners.rungs import RungsConfig
from trading_hpo.engine.pruners.successive_halving import SEEN, SuccessiveHalvingPruner
from trading_hpo.engine.trial_record import SLOT

logger = logging.getLogger(__name__)


class HyperbandConfig(RungsConfig):
    """Several successive halvings side by side, each with a later first rung; slots take them in turn.

    The last bracket prunes nothing: where early epochs say little of late ones, its trials are random search. In the
    first one the first rung lies at ``min_epochs`` or later.

    Source: Li et al. (2018), Hyperband, algorithm 1: rungs at R / eta^s, R / eta^(s-1), ... in bracket s, from s_max
    down to 0. R are the most epochs of a trial; where the quotient is no whole number it is rounded down.
    """

    needs_epochs: ClassVar[bool] = True

    name: Literal["hyperband"] = "hyperband"

    def make(self, max_epochs: int) -> optuna.pruners.BasePruner:
        """Return the pruner of a study."""
        pruner = HyperbandPruner(self.min_epochs, max_epochs, self.reduction_factor)
        if len(pruner.brackets) == 1:
            logger.warning(
                "pruner hyperband prunes nothing: trials of %d epochs are shorter than min_epochs times "
                "reduction_factor, %d. Lower min_epochs.",
                max_epochs,
                self.min_epochs * self.reduction_factor,
            )
        return pruner


class HyperbandPruner(optuna.pruners.BasePruner):
    """Judges a trial in the bracket of its slot.

    Args:
        min_epochs: No rung lies below.
        max_epochs: Of a trial.
        reduction_factor: One in so many goes on from a rung.
    """

    def __init__(self, min_epochs: int, max_epochs: int, reduction_factor: int) -> None:
        rungs: list[int] = []  # R / eta, R / eta^2, ... as far as min_epochs
        while (rung := max_epochs // reduction_factor ** (len(rungs) + 1)) >= min_epochs:
            rungs.append(rung)
        rungs.reverse()
        s_max = len(rungs)
        self.brackets = [SuccessiveHalvingPruner(rungs[first:], reduction_factor) for first in range(s_max + 1)]
        # Bracket s starts ceil((s_max + 1) * eta^s / (s + 1)) trials (section 3); the widest is the first of ours.
        shares = [-(-(s_max + 1) * reduction_factor**s // (s + 1)) for s in range(s_max, -1, -1)]
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
