"""What a task is, and what a forecast of it says.

R rows, C targets, H horizon steps, O outputs, Q quantile levels, T bars of one asset.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from pydantic import Field

from trading_hpo.configuration import Config
from trading_hpo.metrics.metric import Need
from trading_hpo.tasks.head import Head
from trading_hpo.types import Panel

TargetKind = Literal["class", "number", "joint"]


@dataclass(frozen=True)
class Forecast:
    """What a model says of some rows; what it cannot say is absent.

    Attributes:
        score: The higher, the more positive; ranks the rows and is compared with the decision's threshold.
        probability: Of the positive class.
        values: Of each target, in its unit.
        quantiles: Of each target at ``levels``, in its unit.
        levels: Of the quantiles.
        position: To hold, -1 to 1 of the asset's share of the capital, of a loss that learns positions; of one that
            learns them in risk, a share of the target volatility until it is ``sized``.
        called: Whether a decision calls each row positive; absent until there is one.
    """

    score: Float[np.ndarray, " R"]
    probability: Float[np.ndarray, " R"] | None = None
    values: Float[np.ndarray, "R C"] | None = None
    quantiles: Float[np.ndarray, "R C Q"] | None = None
    levels: tuple[float, ...] | None = None
    position: Float[np.ndarray, " R"] | None = None
    called: Bool[np.ndarray, " R"] | None = None

    @property
    def expected(self) -> Float[np.ndarray, " R"]:
        """The first target as it is expected: its value, the probability of the positive class, or the score alone."""
        if self.values is not None:
            return self.values[:, 0]
        return self.score if self.probability is None else self.probability

    def sized(self, target_volatility: float, volatility: Float[np.ndarray, " R"]) -> "Forecast":
        """Return it with what is traded of a position that was learned in risk: a share of the capital, 1 at most.

        Without the bound at 1, what all positions earn is what was learned, times the target volatility.

        **Looks ahead:** never.

        Args:
            target_volatility: Of an asset that is held with a position of 1.
            volatility: ``trailing_volatility`` of the rows.

        Source: Lim, Zohren and Roberts (2019), equation 1; there positions are not bounded.

        Example:
            >>> forecast = Forecast(np.zeros(3), position=np.array([0.5, 0.5, -1.0]))
            >>> forecast.sized(0.01, np.array([0.01, 0.02, 0.005])).position.tolist()
            [0.5, 0.25, -1.0]
        """
        assert self.position is not None
        position = self.position * (target_volatility / volatility.astype(np.float64))
        return replace(self, position=position.clip(-1.0, 1.0))

    def at(self, rows: Int[np.ndarray, " N"] | Bool[np.ndarray, " R"]) -> "Forecast":
        """Return the forecast of some of the rows.

        Args:
            rows: Places among the rows, or a mask of them.
        """
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return Forecast(**{name: part[rows] if isinstance(part, np.ndarray) else part for name, part in parts.items()})


@dataclass(frozen=True)
class Decision:
    """How forecasts become calls; chosen on stop rows.

    Attributes:
        threshold: Scores above it call the positive class.
    """

    threshold: float

    def calls(self, forecast: Forecast) -> Bool[np.ndarray, " R"]:
        """Return which rows are called positive."""
        called: Bool[np.ndarray, " R"] = forecast.score > self.threshold
        return called


class Task(Config, ABC):
    """What is predicted; its fields are the options of the parameter group ``labels``.

    A model type never asks which task it serves, and nothing but a task knows what the outputs of a model stand for.

    Attributes:
        name: In the registry.
        target_kind: Whether its targets are classes (0 or 1) or numbers, or a class and a number (``joint``); a loss
            says which kind it can learn.
        objective: The metric that judges its forecasts where a study's objectives do not.
        provides: What its forecasts may have, by a model and a loss that can: metrics that need something else cannot
            be its objectives.
        positions: The rule by which its calls are traded, whatever the configuration names; None leaves it to that.
        has_barriers: Whether it has prices at which a position ends (``barriers``).
    """

    name: ClassVar[str]
    target_kind: ClassVar[TargetKind]
    objective: ClassVar[str] = "mcc"
    provides: ClassVar[tuple[Need, ...]] = ()
    positions: ClassVar[str | None] = None
    has_barriers: ClassVar[bool] = False

    horizon_bars: int = Field(
        default=1, ge=1, le=1000, strict=True, description="H, own bars from a row to the end of its label"
    )

    @property
    def n_targets(self) -> int:
        """C. The first is the one that is judged and traded, unless a task says otherwise."""
        return 1

    @property
    def returns(self) -> slice | None:
        """Which of its targets are simple returns that follow each other, from the row's bar on.

        They make a price path, and the first of them is judged as a number. None where none are.
        """
        return None

    @property
    def judged_steps(self) -> int | None:
        """How many of its targets are judged where a model may learn fewer than all of them; None: it learns all.

        They are the returns of so many bars, and a call on them is held for so many.
        """
        return None

    @abstractmethod
    def build(self, bars: pd.DataFrame) -> Float[np.ndarray, "T C"]:
        """Return the targets of one asset's bars, NaN where there is none.

        **Looks ahead:** label only; the target of a bar reads no bar after its label's end.

        Args:
            bars: Of one asset, in time order, numbered from 0.
        """

    def label_ends(self, bars: pd.DataFrame) -> Int[np.ndarray, " T"]:
        """Return the number of the bar at which each bar's label is known: H bars on, unless a task says otherwise.

        **Looks ahead:** label only.

        Args:
            bars: As ``build`` gets them.

        Returns:
            From ``bar + 1`` to ``bar + H``; returns after it are 0 for a loss. A number beyond the last bar says that
            the label is not known yet.
        """
        return np.arange(len(bars)) + self.horizon_bars

    def barriers(self, bars: pd.DataFrame) -> Float[np.ndarray, "T 2"] | None:
        """Return the upper and the lower price at which a position that is opened at each bar's close ends.

        **Looks ahead:** never; they are known at the bar itself.

        Args:
            bars: As ``build`` gets them.

        Returns:
            NaN where they are not known; none of a task without barriers.
        """
        del bars
        return None

    def weights(self, panel: Panel, rows: Int[np.ndarray, " N"]) -> Float[np.ndarray, " N"] | None:
        """Return how much each of the rows of one role counts for a loss; None: all count the same.

        **Looks ahead:** label only, of the rows that it is given.

        Args:
            panel: Rows with their label ends.
            rows: Of the role.
        """
        del panel, rows
        return None

    @abstractmethod
    def scale(self, targets: Float[np.ndarray, "R C"]) -> Float[np.ndarray, " C"]:
        """Return the unit in which each target is learned; ones for classes.

        **Looks ahead:** label only, of the train rows that it is given.
        """

    @abstractmethod
    def forecast(self, output: Float[np.ndarray, "R O"], head: Head, unit: Float[np.ndarray, " C"]) -> Forecast:
        """Return what raw outputs of a model say.

        Args:
            output: Of the model.
            head: What the loss that trained the model made of its outputs.
            unit: Of ``scale``.
        """

    @abstractmethod
    def truth(self, targets: Float[np.ndarray, "R C"]) -> Bool[np.ndarray, " R"]:
        """Return whether each row was positive."""

    @abstractmethod
    def baseline(self, targets: Float[np.ndarray, "R C"], n_rows: int) -> tuple[Forecast, Decision]:
        """Return the constant forecast that the train rows' targets suggest, for so many other rows.

        **Looks ahead:** label only, of the train rows that it is given.
        """

    def decide(self, forecast: Forecast, targets: Float[np.ndarray, "R C"], rule: str | float) -> Decision:
        """Return how forecasts become calls.

        **Looks ahead:** label only, of the stop rows that it is given.

        Args:
            forecast: Of the stop rows.
            targets: Of the same rows.
            rule: A threshold, or ``prevalence``: call as often as the class occurs.
        """
        if rule != "prevalence":
            return Decision(float(rule))
        return Decision(float(np.quantile(forecast.score, 1 - float(self.truth(targets).mean()))))
