"""Which trials are given up early; all judge the mean over folds, once per epoch."""

from collections.abc import Callable

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.search.config import PrunerConfig

SLOT = "slot"


class HyperbandPruner(optuna.pruners.BasePruner):
    """Several successive halvings side by side, each with a later first rung; slots take them in turn.

    Optuna's own assigns brackets by a hash of the study's name, and keeps rungs as attributes that a
    restarted trial would find filled. Here both follow from the slot and the reported values.

    Source: Li et al. (2017), Hyperband; asynchronous promotion as in Li et al. (2020), ASHA.

    Args:
        min_epochs: First rung of the first bracket.
        max_epochs: Of a trial.
        reduction_factor: One in so many goes on from a rung.
    """

    def __init__(self, min_epochs: int, max_epochs: int, reduction_factor: int) -> None:
        self.reduction_factor = reduction_factor
        self.rungs: list[list[int]] = []
        first = min_epochs
        while first <= max_epochs:
            own, rung = [], first
            while rung < max_epochs:
                own.append(rung)
                rung *= reduction_factor
            self.rungs.append(own)
            first *= reduction_factor
        # Bracket s starts about eta^(s_max - s) * (s_max + 1) / (s_max - s + 1) trials (equation in section 3).
        s_max = len(self.rungs) - 1
        shares = [-(-(s_max + 1) * reduction_factor ** (s_max - s) // (s_max - s + 1)) for s in range(s_max + 1)]
        self._turns = _interleaved(shares)

    def bracket(self, slot: int) -> int:
        """Return the bracket of a slot."""
        return self._turns[slot % len(self._turns)]

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial stands on a rung and is not among the best 1 / reduction_factor there."""
        epoch, bracket = trial.last_step, self.bracket(trial.user_attrs[SLOT])
        if epoch is None or epoch not in self.rungs[bracket]:
            return False
        rivals = [
            other.intermediate_values[epoch]
            for other in study.get_trials(
                deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
            )
            if other.number != trial.number
            and epoch in other.intermediate_values
            and self.bracket(other.user_attrs.get(SLOT, other.number)) == bracket
        ]
        own = trial.intermediate_values[epoch]
        best_first = sorted([*rivals, own], reverse=study.direction == optuna.study.StudyDirection.MAXIMIZE)
        kept = max(len(best_first) // self.reduction_factor, 1)
        worst_kept = best_first[kept - 1]
        if study.direction == optuna.study.StudyDirection.MAXIMIZE:
            return bool(own < worst_kept)
        return bool(own > worst_kept)


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


def _median(config: PrunerConfig, _: int) -> optuna.pruners.BasePruner:
    return optuna.pruners.MedianPruner(n_startup_trials=config.n_startup_trials, n_warmup_steps=config.n_warmup_epochs)


def _hyperband(config: PrunerConfig, max_epochs: int) -> optuna.pruners.BasePruner:
    return HyperbandPruner(config.min_epochs, max_epochs, config.reduction_factor)


def _none(_: PrunerConfig, __: int) -> optuna.pruners.BasePruner:
    return optuna.pruners.NopPruner()


PRUNERS: dict[str, Callable[[PrunerConfig, int], optuna.pruners.BasePruner]] = {
    "median": _median,
    "hyperband": _hyperband,
    "none": _none,
}


def make_pruner(config: PrunerConfig, max_epochs: int) -> optuna.pruners.BasePruner:
    """Return the pruner of a study.

    Args:
        config: Name and options.
        max_epochs: Of a trial.
    """
    return PRUNERS[config.name](config, max_epochs)
