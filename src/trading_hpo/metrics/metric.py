"""What a metric is, and what it may read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from jaxtyping import Bool, Float, Int

Kind = Literal["classification", "regression", "trading", "cost"]
Direction = Literal["maximize", "minimize"]
Need = Literal["probability", "values", "quantiles", "price path"]


class Forecast(Protocol):
    """What a model says of R rows; what it cannot say is absent.

    Attributes:
        score: The higher, the more positive.
        called: Whether each row is called positive.
        probability: Of the positive class.
        values: Of each target, in its unit.
        quantiles: Of each target at ``levels``, in its unit.
        levels: Of the quantiles.
    """

    @property
    def score(self) -> Float[np.ndarray, " R"]: ...  # noqa: D102 - described above, as the others
    @property
    def called(self) -> Bool[np.ndarray, " R"] | None: ...  # noqa: D102
    @property
    def probability(self) -> Float[np.ndarray, " R"] | None: ...  # noqa: D102
    @property
    def values(self) -> Float[np.ndarray, "R C"] | None: ...  # noqa: D102
    @property
    def quantiles(self) -> Float[np.ndarray, "R C Q"] | None: ...  # noqa: D102
    @property
    def levels(self) -> tuple[float, ...] | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Targets:
    """What was observed.

    Attributes:
        values: Of each target, in its unit; 0 or 1 for a class.
        positive: Whether each row was positive, as the task sees it.
        returns: Which of the targets are returns that follow each other, from the row's bar on; none where none are.
    """

    values: Float[np.ndarray, "R C"]
    positive: Bool[np.ndarray, " R"]
    returns: slice | None = None

    @property
    def number(self) -> int:
        """The target that is judged as a number: the first return, else the first target."""
        return 0 if self.returns is None else self.returns.start

    def at(self, rows: Int[np.ndarray, " N"] | Bool[np.ndarray, " R"]) -> "Targets":
        """Return what was observed of some of the rows: places among them, or a mask."""
        return Targets(self.values[rows], self.positive[rows], self.returns)


@dataclass(frozen=True, slots=True)
class Returns:
    """What trading a forecast returned.

    Attributes:
        net: Simple return per bar, after costs.
        bars_per_year: Of the source.
        turnover: Per bar, as a share of the capital; none for what is held and never traded.
    """

    net: Float[np.ndarray, " T"]
    bars_per_year: float
    turnover: Float[np.ndarray, " T"] | None = None


@dataclass(frozen=True, slots=True)
class NoValue:
    """What a metric is where it has no meaning.

    Attributes:
        why: In words that can follow ``sharpe has no value:``.
    """

    why: str


ONE_CLASS = NoValue("one class only")
NOTHING_TRADED = NoValue("nothing was traded")
NO_VARIANCE = NoValue("no variance of returns")
NO_BARS = NoValue("no bars")
FEWER_THAN_2_BARS = NoValue("fewer than 2 bars")
Value = float | NoValue


@dataclass(frozen=True, slots=True)
class Metric:
    """One of the numbers of a trial, and all that is said of it.

    Attributes:
        name: In the registry, in a trial, in every table.
        kind: ``classification`` and ``regression`` read the forecast and the targets, ``trading`` the returns; a
            ``cost`` is measured while a trial runs.
        direction: That is good; none for a metric that can be wanted either way.
        unit: Empty for a plain number.
        compute: ``(forecast, targets, returns, constant_returns) -> number``, ``NoValue(why)`` where it has no
            meaning. What is not there is none: a constant forecast is not traded, and what is only held has no
            forecast. Metrics of one table may share a function that returns all of them by name: it is called once.
            None for what is computed elsewhere.
        reads_constant: Whether it reads ``constant_returns``, of always calling the majority class of the train rows;
            they are computed only for such metrics.
    """

    name: str
    kind: Kind
    direction: Direction | None
    unit: str
    compute: Callable[..., Value | Mapping[str, Value | None] | None] | None
    reads_constant: bool = False


def by_name(*metrics: Metric) -> dict[str, Metric]:
    """Return metrics by their names, in their order."""
    return {metric.name: metric for metric in metrics}
