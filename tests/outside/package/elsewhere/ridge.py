"""A family without torch and without epochs that evaluates many candidates at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.errors import Interrupted, TradingHpoError
from trading_hpo.families.family import BatchFamily, Costs, FinalData, FoldScore, StudyData
from trading_hpo.families.judgement import judge, traded_constant
from trading_hpo.families.model_file import read_model, write_model
from trading_hpo.tasks.head import VALUE
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import Panel


@dataclass(frozen=True)
class Normal:
    """The normal equations of some rows: targets in their unit on features and a one."""

    products: Float[np.ndarray, "F F"]
    moments: Float[np.ndarray, "F C"]
    unit: Float[np.ndarray, " C"]

    @staticmethod
    def of(panel: Panel, rows: Int[np.ndarray, " N"]) -> Normal:
        """**Looks ahead:** label only, of the rows."""
        targets = panel.target[rows]
        unit, inputs = task_of(panel.label).scale(targets), with_one(panel, rows)
        return Normal(inputs.T @ inputs / len(rows), inputs.T @ (targets / unit) / len(rows), unit)

    def solve(self, parameters: Mapping[str, Any]) -> Float[np.ndarray, "F C"]:
        """Return the weights of each target."""
        return np.linalg.solve(self.products + parameters["penalty"] * np.eye(len(self.products)), self.moments)


@dataclass(frozen=True)
class TrainedRidge:
    """Weights, and what they stand for."""

    weights: Float[np.ndarray, "F C"]
    unit: Float[np.ndarray, " C"]
    decision: Decision
    card: Mapping[str, Any]

    def forecast(self, panel: Panel, rows: Int[np.ndarray, " N"]) -> Forecast:
        """**Looks ahead:** never; a row is forecast from its own features."""
        return task_of(panel.label).forecast(with_one(panel, rows) @ self.weights, VALUE, self.unit)

    def save(self, folder: Path) -> None:
        """Write one file, complete or not at all."""
        tensors = {"weights": self.weights, "unit": self.unit}
        write_model(folder, tensors, {**asdict(self.decision), "card": dict(self.card)})


class Ridges(BatchFamily):
    """Linear models; the normal equations of every fold are made once per worker."""

    def shared(self, data: StudyData) -> dict[int, Normal]:
        """**Looks ahead:** label only, of each fold's train rows."""
        return {number: Normal.of(data.panel, rows.train) for number, rows in data.folds.items()}

    def costs(self, parameters: Mapping[str, Any], data: StudyData, wanted: Collection[str]) -> Costs:
        """Return the size of the weights."""
        size_mb = 8 * (data.panel.n_features + 1) * task_of(data.panel.label).n_targets / 1e6
        return Costs({"model_size_mb": size_mb} if "model_size_mb" in wanted else {})

    def fit_fold(
        self,
        parameters: Mapping[str, Any],
        fold: int,
        data: StudyData,
        shared: dict[int, Normal],
        should_stop: Callable[[], bool],
    ) -> Iterator[FoldScore]:
        """**Looks ahead:** weights see train rows, the threshold stop rows."""
        if should_stop():
            raise Interrupted
        panel, rows = data.panel, data.folds[fold]
        model = _model(shared[fold], parameters, panel, rows.stop, data.training.threshold, {})
        constant = traded_constant(panel, rows.traded, rows.train, data.backtest, rows.validation_ranges)
        forecast = model.forecast(panel, rows.traded)
        judged = judge(
            panel, rows.traded, forecast, model.decision, data.backtest, constant, rows.validation_ranges, rows.judged
        )
        traded = (judged.returns, judged.bars, judged.exposure, judged.no_value)
        yield FoldScore(fold, 1, 1, model.decision.threshold, judged.metrics, 0.0, 0.0, 0.0, (), True, *traded)

    def evaluate_many(
        self,
        candidates: Sequence[Mapping[str, Any]],
        data: StudyData,
        shared: dict[int, Normal],
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[int, Sequence[FoldScore] | TradingHpoError]]:
        """Fit fold by fold, and within a fold candidate by candidate."""
        scores: list[list[FoldScore]] = [[] for _ in candidates]
        for fold in data.folds:
            for place, parameters in enumerate(candidates):
                scores[place] += self.fit_fold(parameters, fold, data, shared, should_stop)
        yield from enumerate(scores)

    def fit_final(
        self,
        parameters: Mapping[str, Any],
        data: FinalData,
        card: Mapping[str, Any],
    ) -> TrainedRidge:
        """**Looks ahead:** label only, of the rows given."""
        normal, full = Normal.of(data.panel, data.train), {**card, **data.card(), "params": dict(parameters)}
        return _model(normal, parameters, data.panel, data.stop, data.training.threshold, full)

    def load(self, folder: Path) -> TrainedRidge:
        """Read a model."""
        description, tensors = read_model(folder)
        return TrainedRidge(
            tensors["weights"], tensors["unit"], Decision(description["threshold"]), description["card"]
        )


def with_one(panel: Panel, rows: Int[np.ndarray, " N"]) -> Float[np.ndarray, "N F"]:
    """Return the features of each row, and a one."""
    return np.column_stack([panel.features[rows], np.ones(len(rows))]).astype(np.float64)


def _model(
    normal: Normal,
    parameters: Mapping[str, Any],
    panel: Panel,
    stop_rows: Int[np.ndarray, " N"],
    rule: str | float,
    card: Mapping[str, Any],
) -> TrainedRidge:
    undecided = TrainedRidge(normal.solve(parameters), normal.unit, Decision(0.0), card)
    forecast = undecided.forecast(panel, stop_rows)
    decision = task_of(panel.label).decide(forecast, panel.target[stop_rows], rule)
    return TrainedRidge(undecided.weights, normal.unit, decision, card)


RIDGES = Ridges()
