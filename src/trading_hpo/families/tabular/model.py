"""A reference after its last fit, with everything that is needed to use it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.families.family import FinalData, as_trained
from trading_hpo.families.model_file import MODEL_FILE, read_model, write_readable
from trading_hpo.families.tabular.columns import Columns
from trading_hpo.families.tabular.estimator_file import from_bytes, not_ours, to_bytes
from trading_hpo.families.tabular.fitting import Fit, estimator_of, fit_rows
from trading_hpo.families.window_input import check_windows
from trading_hpo.splits.folds import FINAL
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import Panel

_ESTIMATORS = "estimators.skops"


@dataclass(frozen=True)
class TrainedReference:
    """A fit that can be saved.

    Attributes:
        fit: On the train rows.
        decision: How its forecasts become calls.
        card: Where it comes from: study, trial, parameters, train rows.
    """

    fit: Fit
    decision: Decision
    card: Mapping[str, Any]

    requirements: ClassVar[tuple[str, ...]] = ("scikit-learn", "skops", "threadpoolctl")

    @property
    def window_bars(self) -> int:
        """L."""
        return self.fit.columns.window_bars

    @property
    def scaling(self) -> dict[str, Any]:
        """How columns are scaled, by name."""
        columns, names = self.fit.columns, self.fit.columns.names(self.card["features"])
        return {
            "mean": dict(zip(names, columns.mean.tolist(), strict=True)),
            "spread": dict(zip(names, columns.spread.tolist(), strict=True)),
            "clip_sigma": columns.clip,
        }

    def forecast(self, panel: Panel, rows: Int[np.ndarray, " N"]) -> Forecast:
        """Return what the model says of rows; features and assets of the panel are found by their names.

        Raises:
            DataError: A feature or an asset is not the model's.
        """
        return self.fit.read(self.fit.output_of(as_trained(panel, rows, self.card), rows))

    def forecast_windows(self, windows: Float[np.ndarray, "B L F"], asset: Int[np.ndarray, " B"]) -> Forecast:
        """Return what the model says of windows of unscaled features that are in no panel, oldest bar first.

        Raises:
            DataError: The windows have another length or other features, a value is not finite, or there is no such
                asset.
        """
        check_windows(windows, asset, self.window_bars, self.card)
        # As a panel has them: the same window has the same bits.
        return self.fit.read(self.fit.output(self.fit.columns.of_windows(windows.astype(np.float32), asset)))

    def save(self, folder: Path) -> None:
        """Write one file, complete or not at all, and a copy of its description for people to read."""
        columns = self.fit.columns
        tensors = {
            "columns.mean": columns.mean,
            "columns.spread": columns.spread,
            "unit": self.fit.unit,
            _ESTIMATORS: np.frombuffer(to_bytes(self.fit.estimators), dtype=np.uint8),
        }
        made_of = {"lags": columns.lags, "window_bars": columns.window_bars, "n_assets": columns.n_assets}
        description = {"columns": made_of, **asdict(self.decision), "clip_sigma": columns.clip, "card": dict(self.card)}
        write_readable(folder, tensors, description)

    @staticmethod
    def load(folder: Path) -> "TrainedReference":
        """Read what ``save`` wrote.

        Raises:
            DamagedFileError: The file is not as it was saved, or holds what no model of its type has.
        """
        description, tensors = read_model(folder)
        card, place = description["card"], str(folder / MODEL_FILE)
        columns = Columns(
            **description["columns"],
            mean=tensors["columns.mean"],
            spread=tensors["columns.spread"],
            clip=description["clip_sigma"],
        )
        estimators = from_bytes(tensors[_ESTIMATORS].tobytes(), place)
        estimator = estimator_of(card["model_type"])
        for problem in (estimator.problem_of(one, columns.n_columns) for one in estimators):
            if problem is not None:
                raise not_ours(place, problem)
        fit = Fit(card["model_type"], task_of(card["label"]), columns, tensors["unit"], tuple(estimators))
        return TrainedReference(fit, Decision(description["threshold"]), card)


def train_final(data: FinalData, parameters: Mapping[str, Any], card: Mapping[str, Any]) -> TrainedReference:
    """Fit a configuration on the train rows for the last time, and choose on the stop rows.

    **Looks ahead:** label only, of the rows given.

    Args:
        data: The rows.
        parameters: Of the trial.
        card: Goes with the model.

    Raises:
        DivergedError: The train rows have one class alone, or an output is not finite.
    """
    chosen = fit_rows(data.model_type, parameters, data.panel, data.training, data.seed, FINAL, data.train, data.stop)
    described = [dict(estimator_of(data.model_type).described(own)) for own in chosen.fit.estimators]
    full_card = {
        **card,
        **data.card(),
        "params": dict(parameters),
        "epochs": 1,
        "stop_loss": chosen.stop_loss,
        "targets": described,
        "scikit-learn": version("scikit-learn"),
    }
    return TrainedReference(chosen.fit, chosen.decision, full_card)
