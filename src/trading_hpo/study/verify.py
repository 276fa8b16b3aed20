"""The best trial, trained once more: the same parameters on the same folds must give the same number."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.trial_record import FOLDS
from trading_hpo.errors import DamagedFileError, StaleInputError, StorageError
from trading_hpo.market.panel import open_panel
from trading_hpo.metrics.cost import CLOCKED
from trading_hpo.splits.folds import ROLES, Split
from trading_hpo.study.conditions import conditions_of, metrics_improved, panel_digest
from trading_hpo.study.evaluation import EvaluationTask, TrialEvaluator
from trading_hpo.study.integrity import checked
from trading_hpo.study.ranking import best_trial
from trading_hpo.study.reference import StudyRef
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import BarRange, Fold, Panel

PANELS = "*/*/05_model_input/panel.safetensors"  # under the data folder: scenario, source


@dataclass(frozen=True)
class Verification:
    """What the study says of its best trial, and what training it again gave.

    Attributes:
        trial: Number of the best trial.
        stored: In the study: objectives by metric, without those that are read from a clock.
        found: Now.
        stored_folds: Per fold, in the study: every metric.
        found_folds: Per fold, now.
    """

    trial: int
    stored: dict[str, float]
    found: dict[str, float]
    stored_folds: list[dict[str, float | None]]
    found_folds: list[dict[str, float | None]]

    @property
    def same(self) -> bool:
        """Whether every number is the same to the last bit."""
        return self.stored == self.found and self.stored_folds == self.found_folds


def verify(ref: StudyRef, data: Path) -> Verification:
    """Train the best trial of a study again, on the panel that the study was made on.

    **Looks ahead:** label only, of the folds' rows.

    Args:
        ref: The study.
        data: Folder under which the panels are.

    Raises:
        StorageError: The study has no complete trial, or was not made by this project.
        StaleInputError: No panel under ``data`` is the one of the study.
    """
    study = checked(ref.open())
    best, made_under = best_trial(study), conditions_of(study)
    if not made_under:
        raise StorageError(f"Study {ref.study_name} was not made by this project: it does not say on what data.")
    if best is None:
        raise StorageError(f"Study {ref.study_name} has no complete trial to verify. Search on, then verify.")
    panel = _panel(data, made_under["data"]["digest"], ref.study_name)
    metrics = metrics_improved(made_under)
    task = EvaluationTask(
        model_type=ref.model_type,
        split=_split(made_under["folds"], made_under["holdout_bar"]),
        training=TrainingConfig(**made_under["training"]),
        backtest=BacktestConfig(**made_under["backtest"]),
        objectives=metrics,
        constraints=(),
        longest_window=made_under["longest_window"],
        seed=made_under["seed"],
        panel_digest=made_under["data"]["digest"],
        fold_order=made_under.get("fold_order", "lockstep"),
    )
    *_, outcome = TrialEvaluator(task, panel).outcomes(best.params, should_stop=lambda: False)
    folds_before = [fold["metrics"] for fold in best.user_attrs[FOLDS]]
    return Verification(
        best.number,
        _repeatable(metrics, best.values),
        _repeatable(metrics, outcome.values),
        folds_before,
        # Metrics that the project has learned since are not compared.
        [
            {name: fold["metrics"].get(name) for name in before}
            for before, fold in zip(folds_before, outcome.folds, strict=True)
        ],
    )


def _repeatable(metrics: Sequence[str], values: Sequence[float]) -> dict[str, float]:
    return {name: value for name, value in zip(metrics, values, strict=True) if name not in CLOCKED}


def _panel(data: Path, digest: str, study_name: str) -> Panel:
    for path in sorted(data.glob(PANELS)):
        with suppress(StaleInputError, DamagedFileError):  # none that is looked for
            panel = open_panel(path)
            if panel_digest(panel) == digest:
                return panel
    raise StaleInputError(
        f"Study {study_name} was made on other data than are prepared under {data}. Run `kedro run --pipeline "
        "data_engineering` with the study's parameters, then verify again."
    )


def _split(folds: Mapping[str, Mapping[str, Any]], holdout_bar: int) -> Split:
    """The folds of a fingerprint, and where the holdout begins."""

    def fold(number: int, roles: Mapping[str, Any]) -> Fold:
        train, stop, validation = (tuple(BarRange(*part) for part in roles[role]) for role in ROLES)
        paths = tuple(roles.get("paths", [0] * len(validation)))
        return Fold(number, train, stop, validation, paths, roles["embargo_bars"])

    made = [fold(int(number), roles) for number, roles in folds.items()]
    search, holdout = BarRange(0, holdout_bar), BarRange(holdout_bar, holdout_bar)
    return Split(tuple(sorted(made, key=lambda fold: fold.number)), search, holdout)
