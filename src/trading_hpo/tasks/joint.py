"""Whether the price rises over the next H bars, and by how much: two targets at once."""

from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float
from pydantic import Field

from trading_hpo.metrics.metric import Need
from trading_hpo.tasks.class_task import ClassTask
from trading_hpo.tasks.direction import Direction
from trading_hpo.tasks.forward_return import ForwardReturn
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.task import Decision, Forecast, TargetKind


class Joint(ClassTask):
    """The class of ``direction`` and the number of ``forward_return``; the class is called and traded.

    Metrics of classes judge the class, metrics of numbers the return.

    Source: Caruana (1997), Multitask Learning.

    Example:
        >>> Joint().build(pd.DataFrame({"close": [1.0, 2.0, 1.0]})).tolist()
        [[1.0, 1.0], [0.0, -0.5], [nan, nan]]
    """

    name: ClassVar[str] = "joint"
    target_kind: ClassVar[TargetKind] = "joint"
    objective: ClassVar[str] = "composite_accuracy"
    provides: ClassVar[tuple[Need, ...]] = ("probability", "values")

    threshold: float = Field(default=0.0, description="the forward return must exceed it, to be of the class")

    @property
    def n_targets(self) -> int:
        """The class and the return."""
        return 2

    @property
    def returns(self) -> slice:
        """The second target."""
        return slice(1, 2)

    def build(self, bars: pd.DataFrame) -> Float[np.ndarray, "T 2"]:
        """**Looks ahead:** label only, to the bar H bars on."""
        of_class = Direction(horizon_bars=self.horizon_bars, threshold=self.threshold).build(bars)
        return np.hstack([of_class, ForwardReturn(horizon_bars=self.horizon_bars).build(bars)])

    def scale(self, targets: Float[np.ndarray, "R 2"]) -> Float[np.ndarray, " 2"]:
        """Return 1 for the class, and the standard deviation of the returns; 1 where they never move."""
        return np.array([1.0, float(targets[:, 1].std()) or 1.0], dtype=np.float32)

    def forecast(self, output: Float[np.ndarray, "R O"], head: Head, unit: Float[np.ndarray, " 2"]) -> Forecast:
        """Return the logit as score and probability, and as values the probability and the return.

        Example:
            >>> head = Head("parts", parts=(Head("logit"), Head("value")))
            >>> Joint().forecast(np.array([[0.0, 2.0]]), head, np.array([1.0, 0.01])).values.tolist()
            [[0.5, 0.02]]
        """
        forecast = super().forecast(output, head, unit)
        if forecast.probability is None:
            return forecast
        values = np.column_stack([forecast.probability, output[:, 1] * unit[1]])
        return Forecast(forecast.score, forecast.probability, values)

    def baseline(self, targets: Float[np.ndarray, "R 2"], n_rows: int) -> tuple[Forecast, Decision]:
        """Return the majority class as the call, its share as the probability, and the mean of each target."""
        forecast, decision = super().baseline(targets, n_rows)
        return Forecast(forecast.score, forecast.probability, np.tile(targets.mean(axis=0), (n_rows, 1))), decision
