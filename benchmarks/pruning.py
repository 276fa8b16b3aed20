"""Whether pruning pays: Hyperband against no pruning, on the label that can be learned (volatility).

Each seed's configurations are trained once to their end, by a search of the project that prunes nothing. The pruned
search is then replayed: its own proposer and pruner are shown the same curves, epoch by epoch, slot by slot, as a
search with one worker would show them. Random search gives a slot the same parameters on both sides, which is checked;
training is seeded by the parameters, so that a real pruned search prunes what the replay prunes.

Goal is a complete trial within 1 % of the best of the search that prunes nothing. Epochs count on all folds, to the
end of the trial that reaches the goal. A pruned search that never reaches it counts as infinite. These are findings,
without limits: a goal of 1 % often hangs on one trial.

That is hard on pruning, which has no more slots than the search it is compared with, whatever it saves. So there is
also what the two have found for the same epochs: those of the whole pruned search.
"""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.curves import Curve, best_within, curves_in
from benchmarks.measure import Row, fresh
from benchmarks.project import parameters_of, prepared_project, search

if TYPE_CHECKING:
    from trading_hpo.study.config import HpoConfig

SEEDS, TRIALS = 5, 40
LABELS = {"kind": "volatility"}
TRAINING = {"epochs": 9, "max_windows_per_epoch": 4096}  # a quarter of the base rows: more trials in the time
HYPERBAND = {"name": "hyperband", "min_epochs": 1, "reduction_factor": 3}
WITHIN, TOP = 0.01, 0.05


@dataclass(frozen=True)
class Run:
    """A trial as the pruned search has it.

    Attributes:
        curve: Of the trial, to the end.
        pruned_at: The epoch after which it was given up; none if it was not.
    """

    curve: Curve
    pruned_at: int | None

    @property
    def epochs(self) -> int:
        """Of all folds together."""
        return self.curve.epochs if self.pruned_at is None else self.curve.epochs_by(self.pruned_at)


@dataclass(frozen=True)
class Saving:
    """What pruning did to one search.

    Attributes:
        to_goal: Epochs to the goal, pruned / not pruned.
        in_all: Epochs of the whole search, pruned / not pruned.
        top_cut: How many of the best trials were given up.
        gain: What the best complete trial is worth above the best that no pruning finds in as many epochs.
    """

    to_goal: float
    in_all: float
    top_cut: int
    gain: float


def rows(project: Path) -> Iterator[Row]:
    """Search once per seed, in a project of the other label, and replay."""
    del project  # its label is mostly noise
    with prepared_project({"labels": LABELS}) as own:
        savings = [_saving(own, seed) for seed in range(SEEDS)]
    of_top = f"of the best {n_top(TRIALS)} of {TRIALS} trials"
    to_goal, in_all = [saving.to_goal for saving in savings], [saving.in_all for saving in savings]
    top_cut = [float(saving.top_cut) for saving in savings]
    yield Row("pruning.goal", "epochs to within 1 % of the unpruned best: Hyperband / no pruning", to_goal, "x", None)
    yield Row("pruning.all", "epochs of the whole search: Hyperband / no pruning", in_all, "x", None)
    gain = [saving.gain for saving in savings]
    yield Row("pruning.gain", "best MCC for the same epochs: Hyperband - no pruning", gain, "mcc", None, digits=4)
    yield Row("pruning.top_cut", f"cut {of_top}; {sum(top_cut):g} over all seeds", top_cut, "trials", None)


def _saving(project: Path, seed: int) -> Saving:
    hpo: dict[str, Any] = {"seed": seed, "n_trials": TRIALS, "sampler": "random", "pruner": "none"}
    stage = search(project, "mlp", {"labels": LABELS, "hpo": hpo, "training": TRAINING})
    return fresh(_replayed, project, stage.study_name, seed)


def _replayed(project: Path, study_name: str, seed: int) -> Saving:
    from trading_hpo.study.config import HpoConfig
    from trading_hpo.study.search_spaces import resolve_space

    logging.disable(logging.WARNING)
    curves, parameters = curves_in(project, study_name), parameters_of(project)
    space = resolve_space(
        parameters.search_spaces, parameters.hpo.custom_search_spaces, "mlp", parameters.training, "class"
    )
    hpo = HpoConfig(seed=seed, n_trials=TRIALS, sampler="random", pruner=HYPERBAND).for_task(parameters.labels.task)
    return saving(replay(curves, hpo, space, TRAINING["epochs"]))


def replay(curves: Sequence[Curve], hpo: "HpoConfig", space: Mapping[str, Any], max_epochs: int) -> list[Run]:
    """Return what a search with one worker and the pruner of ``hpo`` makes of trials that are known to their end.

    Raises:
        RuntimeError: The search would try other parameters than the curves'.
    """
    from trading_hpo.engine.proposer import Proposer

    proposer = Proposer(hpo.plan(max_epochs), space, [])
    return [_replay_trial(proposer, curve) for curve in curves]


def _replay_trial(proposer: Any, curve: Curve) -> Run:
    from optuna.trial import TrialState

    proposed = proposer.propose(curve.slot).parameters
    if proposed != curve.parameters:
        raise RuntimeError(f"slot {curve.slot} must try the same parameters, got {proposed} and {curve.parameters}")
    last = max(curve.by_epoch)
    for epoch, value in sorted(curve.by_epoch.items()):
        # The last epoch is reported like the others, but a trial that has ended is given up no more.
        if proposer.should_prune(curve.slot, epoch, [value]) and epoch != last:
            proposer.finish(curve.slot, TrialState.PRUNED)
            return Run(curve, epoch)
    proposer.finish(curve.slot, TrialState.COMPLETE, [curve.value])
    return Run(curve, None)


def saving(runs: Sequence[Run]) -> Saving:
    """Compare a pruned search with the one that prunes nothing."""
    unpruned = [Run(run.curve, None) for run in runs]
    best_first = sorted(runs, key=lambda run: run.curve.value, reverse=True)
    best = best_first[0].curve.value
    goal = best - WITHIN * abs(best)
    return Saving(
        epochs_to(goal, runs) / epochs_to(goal, unpruned),
        sum(run.epochs for run in runs) / sum(run.epochs for run in unpruned),
        sum(run.pruned_at is not None for run in best_first[: n_top(len(runs))]),
        _best_complete(runs) - best_within([run.curve for run in runs], sum(run.epochs for run in runs)).value,
    )


def _best_complete(runs: Sequence[Run]) -> float:
    return max(run.curve.value for run in runs if run.pruned_at is None)


def epochs_to(goal: float, runs: Sequence[Run]) -> float:
    """Return the epochs spent until a complete trial is worth the goal; infinite if none is."""
    spent = 0
    for run in runs:
        spent += run.epochs
        if run.pruned_at is None and run.curve.value >= goal:
            return spent
    return math.inf


def n_top(n_trials: int) -> int:
    """Return how many trials are the top 5 %, at least one."""
    return max(round(TOP * n_trials), 1)
