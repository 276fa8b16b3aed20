"""What the genetic samplers share."""

from collections.abc import Iterable

from optuna.trial import FrozenTrial
from pydantic import Field

from trading_hpo.engine.samplers.base import SamplerConfig


class GeneticConfig(SamplerConfig):
    """Options of a sampler that crosses the best trials of the generation before."""

    population_size: int = Field(default=20, ge=4, strict=True, description="trials of a generation")


def by_number(parents: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Return the parents of a generation in one order: Optuna's own is another on the first call."""
    return sorted(parents, key=lambda trial: trial.number)
