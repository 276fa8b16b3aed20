"""What a task is, and what a forecast of it says.

R rows, C targets, H horizon steps, O outputs, Q quantile levels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from trading_hpo.tasks.head import Head

TargetKind = Literal["class", "number"]
TARGET_KINDS: Mapping[str, TargetKind] = {"classification": "class", "regression": "number"}  # by a panel's ``task``


@dataclass(frozen=True)
class Forecast:
    """What a model says of some rows; what it cannot say is absent.

    Attributes:
        score: The higher, the more positive; ranks the rows and is compared with the decision's threshold.
        probability: Of the positive class.
        values: Of each target, in its unit.
        quantiles: Of each target at ``levels``, in its unit.
        levels: Of the quantiles.
        position: To hold, -1 to 1, of a loss that learns positions.
    """

    score: Float[np.ndarray, " R"]
    probability: Float[np.ndarray, " R"] | None = None
    values: Float[np.ndarray, "R C"] | None = None
    quantiles: Float[np.ndarray, "R C Q"] | None = None
    levels: tuple[float, ...] | None = None
    position: Float[np.ndarray, " R"] | None = None


@dataclass(frozen=True)
class Decision:
    """How forecasts become calls; chosen on stop rows.

    Attributes:
        threshold: Scores above it call the positive class.
        temperature: Logits are divided by it before they become probabilities; 1 leaves them.
    """

    threshold: float
    temperature: float = 1.0


class Task(Protocol):
    """What is predicted. A model type never asks which task it serves.

    Attributes:
        name: In the registry.
        target_kind: Whether its targets are classes (0 or 1) or numbers; a loss says which kind it can learn.
        n_targets: C.
        horizon_bars: H, own bars from a row to the end of its label.
        objective: The metric that a search improves unless it is told otherwise.
        positions: The rule by which calls are traded unless the configuration names one.
    """

    name: str
    target_kind: TargetKind
    n_targets: int
    horizon_bars: int
    objective: str
    positions: str

    def build(self, bars: pd.DataFrame) -> pd.DataFrame:
        """Return targets and label ends of one asset's bars.

        **Looks ahead:** label only.

        Args:
            bars: Of one asset, in time order, numbered from 0.

        Returns:
            ``target_1..C`` and ``label_end``, the number of the bar at which the label is known; missing without label.
        """

    def scale(self, targets: Float[np.ndarray, "R C"]) -> Float[np.ndarray, " C"]:
        """Return the unit in which each target is learned; ones for classes.

        **Looks ahead:** label only, of the train rows that it is given.
        """

    def forecast(self, output: Float[np.ndarray, "R O"], head: Head, unit: Float[np.ndarray, " C"]) -> Forecast:
        """Return what raw outputs of a model say."""

    def truth(self, targets: Float[np.ndarray, "R C"]) -> Bool[np.ndarray, " R"]:
        """Return whether each row was positive."""

    def decide(self, forecast: Forecast, targets: Float[np.ndarray, "R C"], rule: str | float) -> Decision:
        """Return how forecasts become calls.

        **Looks ahead:** label only, of the stop rows that it is given.

        Args:
            forecast: Of the stop rows.
            targets: Of the same rows.
            rule: A threshold, or ``prevalence``: call as often as the class occurs.
        """

    def baseline(self, targets: Float[np.ndarray, "R C"], n_rows: int) -> tuple[Forecast, Decision]:
        """Return the constant forecast that the train rows' targets suggest, for other rows."""
