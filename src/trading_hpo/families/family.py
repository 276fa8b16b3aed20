"""What the search asks of a family of models, and what a family answers."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import DataError, TradingHpoError
from trading_hpo.families.judgement import JudgedRows
from trading_hpo.families.model_file import read_description
from trading_hpo.families.registry import family_of
from trading_hpo.tasks.registry import label_of, task_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import BarRange, Panel

NO_VALUE = "no_value"  # of a fold's record


class DivergedError(TradingHpoError):
    """A loss or an output is not finite any more."""


@dataclass(frozen=True)
class Rows:
    """Samples of a fold, as row numbers of the panel.

    Attributes:
        train: Of the train ranges; stop and validation likewise.
        traded: Those of the validation ranges that have a window; ``validation`` are those of them that are judged by
            their labels.
        stop_ranges: Bars that the stop rows lie in; none where they lie in one range.
        validation_ranges: Bars that the validation rows lie in; positions begin anew in each.
    """

    train: Int[np.ndarray, " N"]
    stop: Int[np.ndarray, " N"]
    validation: Int[np.ndarray, " N"]
    traded: Int[np.ndarray, " N"]
    stop_ranges: tuple[BarRange, ...] = ()
    validation_ranges: tuple[BarRange, ...] = ()

    @property
    def judged(self) -> Bool[np.ndarray, " N"]:
        """Which of the traded rows are judged."""
        return np.isin(self.traded, self.validation)


@dataclass(frozen=True)
class FoldScore:
    """What a fold is worth if it ended now.

    Attributes:
        fold: Number of the fold.
        epochs: Trained so far; 1 of a model without epochs.
        stopped_epoch: The best epoch on the stop rows; ``threshold`` and ``metrics`` are of it.
        threshold: Chosen on the stop rows.
        metrics: On validation.
        seconds: Of training.
        train_loss: Of the last epoch.
        stop_loss: After it, on the stop rows.
        learning_rates: Of every epoch so far; empty of a model without epochs.
        finished: No further epoch will come.
        returns: Net, per bar of validation, at the stopped epoch; out of sample.
        bars: Calendar bar of each return.
        exposure: As of ``Judgement``, per bar.
        no_value: Why a metric has none, by its name; as of ``Judgement``.
        judged: The validation rows as they were forecast, at the stopped epoch; as of ``Judgement``. Without them it
            cannot be said how far the forecast is luck.
    """

    fold: int
    epochs: int
    stopped_epoch: int
    threshold: float
    metrics: Mapping[str, float | None]
    seconds: float
    train_loss: float
    stop_loss: float
    learning_rates: Sequence[float]
    finished: bool
    returns: Float[np.ndarray, " T"] = field(compare=False)
    bars: Int[np.ndarray, " T"] = field(compare=False)
    exposure: Float[np.ndarray, " T"] = field(compare=False)
    no_value: Mapping[str, str] = field(default_factory=dict)
    judged: JudgedRows | None = field(default=None, compare=False)

    def record(self) -> dict[str, Any]:
        """Return what the study's record of a trial says of the fold: all but the arrays, which are kept elsewhere."""
        why = {NO_VALUE: dict(self.no_value)} if self.no_value else {}
        return {name: getattr(self, name) for name in _RECORDED} | why


_KEPT_ELSEWHERE = ("returns", "bars", "exposure", "judged", NO_VALUE)
_RECORDED = tuple(part.name for part in fields(FoldScore) if part.name not in _KEPT_ELSEWHERE)


@dataclass(frozen=True)
class Costs:
    """What a candidate costs, known before it is fitted.

    Attributes:
        known: By the names of ``COST_METRICS``; those that were asked for and that the family can tell.
        epoch_flop: Floating-point operations of an epoch by fold; empty unless asked for.
        epoch_batches: How often ``should_stop`` is asked in an epoch, by fold, in batches that are learned from; those
            that are only forecast count by what they cost. Empty of a family that cannot tell.
    """

    known: Mapping[str, float]
    epoch_flop: Mapping[int, float] = field(default_factory=dict)
    epoch_batches: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class StudyData:
    """What all candidates of a study are fitted on.

    Attributes:
        model_type: Name in the registry.
        panel: Mapped by this process.
        folds: Samples by number of the fold.
        training: What all fits share.
        backtest: How validation is traded.
        seed: Of the study.
        benchmark: How the constant forecast is traded that returns are compared with, where a candidate chooses how it
            is traded itself: the same for all candidates. None: as ``backtest`` says.
    """

    model_type: str
    panel: Panel
    folds: Mapping[int, Rows]
    training: TrainingConfig
    backtest: BacktestConfig
    seed: int
    benchmark: BacktestConfig | None = None


@dataclass(frozen=True)
class FinalData:
    """What the chosen candidate is fitted on for the last time.

    Attributes:
        model_type: Name in the registry.
        panel: The data.
        train: Samples that are learned from, purged against those of ``stop``.
        stop: The latest samples before the holdout: epochs and decision are chosen on them.
        training: What all fits share.
        backtest: How the stop rows are traded, should a trade be monitored.
        seed: Of the study.
        benchmark: As of ``StudyData``.
    """

    model_type: str
    panel: Panel
    train: Int[np.ndarray, " N"]
    stop: Int[np.ndarray, " N"]
    training: TrainingConfig
    backtest: BacktestConfig
    seed: int
    benchmark: BacktestConfig | None = None

    def card(self) -> dict[str, Any]:
        """Return what a model says of the data that it was fitted on, as plain data."""
        last = max(self.panel.label_end[rows].max() for rows in (self.train, self.stop))
        return {
            "model_type": self.model_type,
            "settings": {**self.training.compared(), "seed": self.seed},
            "train_rows": len(self.train),
            "stop_rows": len(self.stop),
            "trained_until": self.panel.timestamps[last].isoformat(),
            "assets": list(self.panel.assets),
            "features": list(self.panel.feature_names),
            "bars_per_year": self.panel.bars_per_year,
            "label": label_of(task_of(self.panel.label)),
        }


class TrainedModel(Protocol):
    """A model after its last fit, with everything that is needed to use it."""

    @property
    def card(self) -> Mapping[str, Any]:
        """Where it comes from: model type, study, trial, parameters."""

    @property
    def decision(self) -> Decision:
        """How its forecasts become calls."""

    def forecast(self, panel: Panel, rows: Int[np.ndarray, " N"]) -> Forecast:
        """Return what it says of rows of a panel.

        **Looks ahead:** never; a row is forecast from its own window.
        """

    def save(self, folder: Path) -> None:
        """Write the model by ``model_file.write_model``: ``load_model`` asks for the digest that it puts there."""


@runtime_checkable
class ServedModel(TrainedModel, Protocol):
    """A trained model that also forecasts what is in no panel: it is logged, to be loaded and served elsewhere.

    Attributes:
        requirements: Packages that it needs beside those that every model needs.
    """

    requirements: ClassVar[tuple[str, ...]]

    @property
    def window_bars(self) -> int:
        """L."""

    @property
    def scaling(self) -> dict[str, Any]:
        """How it scales its inputs, as plain data: ``mean`` and ``spread`` by name, and ``clip_sigma``."""

    def forecast_windows(self, windows: Float[np.ndarray, "B L F"], asset: Int[np.ndarray, " B"]) -> Forecast:
        """Return what it says of windows of unscaled features, oldest bar first.

        Raises:
            DataError: The windows have another length or other features, a value is not finite, or there is no such
                asset.
        """


class Family(Protocol):
    """How one kind of model is fitted; a family keeps nothing between two calls.

    Args of its methods are the same throughout: ``parameters`` are a trial's, as the study knows them; ``data`` are
    those of the study; ``shared`` is what the family has made of them.
    """

    def shared(self, data: StudyData) -> Any:
        """Make what all candidates use in common; called once per worker."""

    def costs(self, parameters: Mapping[str, Any], data: StudyData, wanted: Collection[str]) -> Costs:
        """Return those of the wanted costs that are known before a fit."""

    def fit_fold(
        self, parameters: Mapping[str, Any], fold: int, data: StudyData, shared: Any, should_stop: Callable[[], bool]
    ) -> Iterator[FoldScore]:
        """Fit on the fold's train rows and yield what it is worth, after each epoch; once where there are none.

        **Looks ahead:** what is fitted sees train rows, what is chosen stop rows.

        Raises:
            DivergedError: A loss or an output is not finite.
            Interrupted: ``should_stop`` said yes.
        """

    def fit_final(
        self,
        parameters: Mapping[str, Any],
        data: FinalData,
        card: Mapping[str, Any],
    ) -> TrainedModel:
        """Fit once more, on the train rows, and choose epochs and decision on the stop rows.

        **Looks ahead:** label only, of the rows given.

        Args:
            parameters: Of the chosen trial.
            data: The rows.
            card: Goes with the model, together with ``data.card()``, the parameters and what the family knows.
        """

    def load(self, folder: Path) -> TrainedModel:
        """Read what ``TrainedModel.save`` wrote, by ``model_file.read_model``."""


class BatchFamily(Family, Protocol):
    """How many candidates of one kind are fitted at once; their model types have ``candidates_per_batch``."""

    def evaluate_many(
        self,
        candidates: Sequence[Mapping[str, Any]],
        data: StudyData,
        shared: Any,
        should_stop: Callable[[], bool],
    ) -> Iterator[tuple[int, Sequence[FoldScore] | TradingHpoError]]:
        """Yield the place of each candidate among those given and what its folds are worth, or why it failed.

        Whatever else is in the batch, a candidate's scores are those of ``fit_fold``, but for their seconds.

        **Looks ahead:** as ``fit_fold``.

        Args:
            candidates: Parameters of each.
            data: Of the study.
            shared: What the family has made of them.
            should_stop: Asked every second at least.

        Raises:
            Interrupted: ``should_stop`` said yes.
        """


def as_trained(panel: Panel, rows: Int[np.ndarray, " N"], card: Mapping[str, Any]) -> Panel:
    """Return a panel as a model knows it: its features by name, in their order, and its assets by their numbers.

    Args:
        panel: May have other features and assets beside the model's, in any order.
        rows: That are to be forecast.
        card: Of the model.

    Raises:
        DataError: A feature of the model is missing, or an asset of the rows was not among those it was trained on.
    """
    features, assets = list(panel.feature_names), list(panel.assets)
    missing = [name for name in card["features"] if name not in features]
    asked = [assets[number] for number in np.unique(panel.asset[rows])]
    unknown = [name for name in asked if name not in card["assets"]]
    problems = [f"feature {name} must be there: {card['model_type']} was trained on it. Add it." for name in missing]
    for name in unknown:
        first = panel.timestamps[panel.bar[rows[panel.asset[rows] == assets.index(name)]].min()]
        problems.append(
            f"asset {name} must be one that {card['model_type']} was trained on, got rows of it from {first}. "
            "Leave it out, or train anew."
        )
    if problems:
        raise DataError(problems)
    if features == card["features"] and assets == card["assets"]:
        return panel
    places = [features.index(name) for name in card["features"]]
    # Assets that are not asked for have no number of the model's, and need none.
    numbers = np.array([card["assets"].index(name) if name in card["assets"] else 0 for name in assets])
    return replace(
        panel,
        features=np.ascontiguousarray(panel.features[:, places]),
        feature_names=tuple(card["features"]),
        asset=numbers[panel.asset],
        assets=tuple(card["assets"]),
    )


def load_model(folder: Path) -> TrainedModel:
    """Read a saved model by the family of its model type.

    Raises:
        DamagedFileError: The file is not as it was saved.
    """
    model_type: str = read_description(folder)["card"]["model_type"]
    return family_of(model_type).load(folder)
