"""The best trial, trained once more: the same parameters on the same folds must give the same number."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trading_hpo.engine.trial_record import FOLDS
from trading_hpo.errors import StorageError
from trading_hpo.escaping import one_line
from trading_hpo.market.kept_panels import KeptPanels
from trading_hpo.metrics.cost import CLOCKED
from trading_hpo.study.catalogue import KEPT
from trading_hpo.study.conditions import Conditions, metrics_improved
from trading_hpo.study.evaluation import EvaluationTask, TrialEvaluator
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.integrity import checked
from trading_hpo.study.ranking import best_trial
from trading_hpo.study.reference import StudyRef
from trading_hpo.types import Panel

_ANOTHER_THEN = ("mape",)  # metrics of the same name and another meaning, in studies that recorded one weight


@dataclass(frozen=True)
class Verification:
    """What the study says of its best trial, and what training it again gave.

    Attributes:
        trial: Number of the best trial.
        stored: In the study: objectives by metric, without those that are read from a clock.
        found: Now.
        stored_folds: Per fold, in the study: every metric that still means the same.
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
        StaleInputError: The panel of the study is not kept under ``data``, or is damaged.
    """
    study = checked(ref.open())
    best, made_under, name = best_trial(study), conditions_of(study), one_line(ref.study_name)
    if not made_under:
        raise StorageError(f"Study {name} was not made by this project: it does not say on what data.")
    if best is None:
        raise StorageError(f"Study {name} has no complete trial to verify. Search on, then verify.")
    conditions = Conditions(ref.study_name, made_under)
    panel = _panel(data, conditions.panel_digest, ref.study_name)
    metrics = metrics_improved(made_under)
    task = EvaluationTask(
        model_type=ref.model_type,
        split=conditions.split,
        training=conditions.training(),
        backtest=conditions.backtest,
        objectives=metrics,
        constraints=(),
        longest_window=conditions.longest_window,
        seed=conditions.seed,
        panel_digest=conditions.panel_digest,
        fold_order=made_under.get("fold_order", "lockstep"),
    )
    *_, outcome = TrialEvaluator(task, panel).outcomes(best.params, should_stop=lambda: False)
    meant_otherwise = () if "classification_weight" in made_under["backtest"] else _ANOTHER_THEN
    folds_before = [
        {name: value for name, value in fold["metrics"].items() if name not in meant_otherwise}
        for fold in best.user_attrs[FOLDS]
    ]
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
    folders = [path.parent for path in sorted(data.glob(f"{KEPT}/{digest}.safetensors"))]
    return KeptPanels(folders[0] if folders else data).open(digest, study_name)
