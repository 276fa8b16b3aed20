"""What a position rule is, what it may know, and how one is followed through time."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import SerializerFunctionWrapHandler, model_serializer

from trading_hpo.configuration import Config
from trading_hpo.market.trailing_volatility import trailing_volatility
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import Panel

Reads = Literal["volatility", "barriers"]


@dataclass(frozen=True)
class KnownRows:
    """What is known of some rows at their own closes; labels are no part of it.

    Attributes:
        bar: Calendar bar of each.
        asset: Of each, numbered from 0.
        place: How many own bars its asset has before it: rows follow each other where it grows by 1.
        horizon_bars: H of the task.
        volatility: ``trailing_volatility`` of each, for rules that read ``volatility``.
        prices: High, low and close of each row's bar, for rules that read ``barriers``.
        barriers: Upper and lower price at which a position that is opened at the row's close ends, for the same rules;
            NaN where they are not known.
    """

    bar: Int[np.ndarray, " R"]
    asset: Int[np.ndarray, " R"]
    place: Int[np.ndarray, " R"]
    horizon_bars: int = 1
    volatility: Float[np.ndarray, " R"] | None = None
    prices: Float[np.ndarray, "R 3"] | None = None
    barriers: Float[np.ndarray, "R 2"] | None = None

    @staticmethod
    def of(panel: Panel, rows: Int[np.ndarray, " R"], reads: Collection[Reads] = ()) -> "KnownRows":
        """Return what is known of rows of a panel, as far as a rule reads it.

        **Looks ahead:** never; the last move that is known of a row is the one that ends with its own bar.
        """
        known = KnownRows(panel.bar[rows], panel.asset[rows], panel.place[rows], panel.horizon_bars)
        if "volatility" in reads:
            known = replace(known, volatility=trailing_volatility(panel)[rows])
        if "barriers" in reads and panel.prices is not None and panel.barriers is not None:
            known = replace(known, prices=panel.prices[rows], barriers=panel.barriers[rows])
        return known

    def at(self, rows: Int[np.ndarray, " N"]) -> "KnownRows":
        """Return what is known of some of the rows."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return KnownRows(**{name: part[rows] if isinstance(part, np.ndarray) else part for name, part in parts.items()})


class PositionRule(Config, ABC):
    """Turns forecasts into target positions; its fields are its options in ``backtest.positions``.

    Attributes:
        reads: What it must know of the rows beside their bars: ``volatility``, or ``barriers``, which only some tasks
            have.
        holds: Whether it says itself for how long a position is held. Any other rule's position is a call on the next H
            bars, and the mean of the last H calls is held.
        name: In the registry.
    """

    reads: ClassVar[tuple[Reads, ...]] = ()
    holds: ClassVar[bool] = False

    name: str

    @abstractmethod
    def follow(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Float[np.ndarray, " R"]:
        """Return the target position of every row, -1 to 1 of its asset's share of the capital.

        **Looks ahead:** never; a position depends on what is known and forecast of rows until its own bar.

        Args:
            forecast: Of the rows.
            decision: How forecasts become calls.
            known: Of the same rows, in any order.
        """

    @model_serializer(mode="wrap")
    def _as_it_is_written(self, write: SerializerFunctionWrapHandler) -> Any:
        """A rule without options is its name, as studies have recorded it since there were no options."""
        written = write(self)
        return self.name if set(written) == {"name"} else written


class RuleWithState(PositionRule):
    """A rule whose position depends on what its asset held before; it is asked bar by bar, which takes longer."""

    @abstractmethod
    def position(
        self, forecast: Forecast, decision: Decision, state: Float[np.ndarray, " N"]
    ) -> Float[np.ndarray, " N"]:
        """Return the target position of the rows of one bar.

        Args:
            forecast: Of the rows.
            decision: How forecasts become calls.
            state: The target position of each row's asset at its row before; 0 at its first.
        """

    def follow(self, forecast: Forecast, decision: Decision, known: KnownRows) -> Float[np.ndarray, " R"]:
        """Ask for one bar after the other."""
        positions, held = np.zeros(len(known.bar)), np.zeros(int(known.asset.max(initial=-1)) + 1)
        for now in np.unique(known.bar):
            rows = np.flatnonzero(known.bar == now)
            asset = known.asset[rows]
            held[asset] = positions[rows] = self.position(forecast.at(rows), decision, held[asset])
        return positions
