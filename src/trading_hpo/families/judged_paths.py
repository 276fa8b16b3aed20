"""The judged rows and the net returns of all folds, put together path by path."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from trading_hpo.families.judgement import JudgedRows
from trading_hpo.market.regimes import Regimes
from trading_hpo.metrics.metric import Targets
from trading_hpo.tasks.task import Forecast
from trading_hpo.types import Fold


@dataclass(frozen=True)
class JudgedPath:
    """What was forecast and earned on one path through the bars.

    Attributes:
        rows: Numbers of the judged rows in the panel.
        judged: The same rows, as they were forecast.
        bars: Bar number of each net return.
        net: Of the trades, after costs.
    """

    rows: Int[np.ndarray, " N"]
    judged: JudgedRows
    bars: Int[np.ndarray, " T"]
    net: Float[np.ndarray, " T"]

    def inside(self, regimes: Regimes, place: int) -> "JudgedPath":
        """Return the rows and the bars that are in one of the regimes."""
        return self._at(regimes.of_row[self.rows] == place, regimes.of_bar[self.bars] == place)

    def without(self, dropped: Int[np.ndarray, " M"]) -> "JudgedPath":
        """Return what is left without some bars."""
        return self._at(~np.isin(self.judged.bar, dropped), ~np.isin(self.bars, dropped))

    def _at(self, rows: Bool[np.ndarray, " N"], bars: Bool[np.ndarray, " T"]) -> "JudgedPath":
        places = np.flatnonzero(rows)  # found once, not for each array of the forecast
        return JudgedPath(self.rows[places], self.judged.at(places), self.bars[bars], self.net[bars])


def judged_paths(
    folds: Iterable[tuple[Fold, Int[np.ndarray, " N"], JudgedRows]],
    returns: Mapping[int, tuple[Int[np.ndarray, " T"], Float[np.ndarray, " T"]]],
) -> list[JudgedPath]:
    """Put the folds together, path by path.

    Args:
        folds: Each with the numbers of its judged rows and how they were forecast.
        returns: Bars and net returns of each path.
    """
    parts: dict[int, list[tuple[Int[np.ndarray, " N"], JudgedRows]]] = {}
    for fold, rows, judged in folds:
        for span, path in zip(fold.validation, fold.paths, strict=True):
            own = (judged.bar >= span.start) & (judged.bar < span.stop)
            whole = own.all()  # of one range, as most folds have it
            parts.setdefault(path, []).append((rows, judged) if whole else (rows[own], judged.at(own)))
    return [
        JudgedPath(np.concatenate([rows for rows, _ in own]), _joined([judged for _, judged in own]), *returns[path])
        for path, own in sorted(parts.items())
    ]


def _joined(parts: Sequence[JudgedRows]) -> JudgedRows:
    """Put rows one after another; what a forecast of one of them cannot say is absent in all."""
    constants = [part.constant for part in parts if part.constant is not None]
    targets = [part.targets for part in parts]
    return JudgedRows(
        _one_forecast([part.forecast for part in parts]),
        _one_forecast(constants) if len(constants) == len(parts) else None,
        Targets(
            np.concatenate([own.values for own in targets]),
            np.concatenate([own.positive for own in targets]),
            targets[0].returns,
        ),
        np.concatenate([part.bar for part in parts]),
    )


def _one_forecast(parts: Sequence[Forecast]) -> Forecast:
    said = {field.name: [getattr(part, field.name) for part in parts] for field in fields(Forecast)}
    arrays = {name: own for name, own in said.items() if all(isinstance(one, np.ndarray) for one in own)}
    joined: dict[str, Any] = {name: np.concatenate(own) for name, own in arrays.items()}
    return Forecast(**joined, levels=parts[0].levels)
