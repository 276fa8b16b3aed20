"""CMA-ES whose state is replayed from the finished trials: a resumed search has lost nothing, and no pickle is kept."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import optuna
from cmaes import CMA
from jaxtyping import Float
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState
from pydantic import Field

from trading_hpo.engine.samplers.base import Draw, SamplerConfig
from trading_hpo.engine.samplers.point_sampler import PointSampler
from trading_hpo.engine.samplers.unit_interval import from_unit, to_unit
from trading_hpo.engine.space import CategoricalParameter
from trading_hpo.engine.trial_record import SLOT

FIRST_SIGMA = 1 / 6  # the middle of every range, give or take half of it at three sigma


class CmaesConfig(SamplerConfig):
    """Learns how the numeric parameters that every trial has vary together; the others are drawn at random.

    Source: Hansen and Ostermeier (2001); Hansen (2016), The CMA Evolution Strategy: A Tutorial.
    """

    several_objectives: ClassVar[bool] = False  # it ranks by one number
    constraints: ClassVar[bool] = False

    name: Literal["cmaes"] = "cmaes"
    population_size: int | None = Field(
        default=None, ge=4, strict=True, description="trials of a generation; null: 4 + 3 ln(parameters)"
    )

    def make(self, draw: Draw) -> optuna.samplers.BaseSampler:
        """Return the sampler of one slot."""
        return CmaesSampler(draw.space, draw.seed, self.population_size)


class CmaesSampler(PointSampler):
    """Replays the generations that are complete, and draws one point from the state that they leave.

    Args:
        space: Of the model type.
        seed: Of the slot.
        population_size: Trials of a generation; `None` takes 4 + 3 ln(parameters).
    """

    def __init__(self, space: Mapping[str, Any], seed: int, population_size: int | None) -> None:
        self._names = [name for name, p in space.items() if not p.only_if and not isinstance(p, CategoricalParameter)]
        self._others = [name for name in space if name not in self._names]
        self._seed, self._population_size = seed, population_size

    def draw(self, study: optuna.Study) -> Mapping[str, Any]:
        """Replay the generations that are complete, and draw from what they have left."""
        rng = np.random.default_rng(self._seed)
        point: dict[str, float] = {name: float(rng.random()) for name in self._others}
        if self._names:
            optimizer = CMA(
                mean=np.full(len(self._names), 0.5),
                sigma=FIRST_SIGMA,
                bounds=np.tile([0.0, 1.0], (len(self._names), 1)),
                seed=self._seed,
                population_size=self._population_size,
            )
            sign = -1.0 if study.direction == optuna.study.StudyDirection.MAXIMIZE else 1.0
            for generation in self._generations(study, optimizer.population_size):
                optimizer.tell([(self._place(trial), sign * float(trial.value or 0.0)) for trial in generation])
            point |= {name: float(u) for name, u in zip(self._names, optimizer.ask(), strict=True)}
        return point

    def coordinate(self, point: Mapping[str, Any], name: str, distribution: BaseDistribution) -> Any:
        """Return a parameter's value at the point."""
        return from_unit(distribution, float(point[name]))

    def _generations(self, study: optuna.Study, size: int) -> list[Sequence[FrozenTrial]]:
        """Complete trials in the order of their slots, divided into generations; an unfinished one waits."""
        complete = [
            trial
            for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            if all(name in trial.params for name in self._names)
        ]
        # What is remembered of earlier studies has no slot, and comes first.
        complete.sort(key=lambda trial: (trial.user_attrs.get(SLOT, -1), trial.number))
        return [complete[start : start + size] for start in range(0, len(complete) - size + 1, size)]

    def _place(self, trial: FrozenTrial) -> Float[np.ndarray, " D"]:
        return np.array([to_unit(trial.distributions[name], trial.params[name]) for name in self._names])
