"""How a budget is spent: sampler, pruner, workers, time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from trading_hpo.engine.pruners.base import PrunerConfig
from trading_hpo.engine.samplers.base import SamplerConfig
from trading_hpo.engine.space import Scalar


@dataclass(frozen=True)
class Goal:
    """One number that a study improves.

    Attributes:
        metric: Its name.
        direction: ``maximize`` or ``minimize``.
    """

    metric: str
    direction: Literal["maximize", "minimize"]


@dataclass(frozen=True)
class SearchPlan:
    """How the budget of one study is spent.

    Attributes:
        n_trials: The budget, over all runs.
        goals: What the study improves; the first is the one that is shown.
        max_epochs: Of a candidate; rungs lie below them.
        sampler: How the next parameters are chosen.
        pruner: When a candidate is given up.
        seed: Of the study; every slot derives its own.
        workers: How many candidates run at once; ``auto`` is one per core.
        timeout_minutes: Of this run of the search.
        worker_silence_minutes: Without a sign of life for so long a worker is taken for hung.
        candidates_per_batch: That a worker is given at once; each is proposed from the slots before its batch alone.
        start_from: Configurations, whole or in part, that are tried before the sampler is asked.
    """

    n_trials: int
    goals: tuple[Goal, ...]
    max_epochs: int
    sampler: SamplerConfig
    pruner: PrunerConfig
    seed: int = 0
    workers: int | Literal["auto"] = "auto"
    timeout_minutes: float | None = None
    worker_silence_minutes: float = 10.0
    candidates_per_batch: int = 1
    start_from: tuple[Mapping[str, Scalar], ...] = ()
