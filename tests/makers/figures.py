"""Every figure with much to show and with nothing, by the name of its function: who adds a figure adds its cases."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
import optuna
import pandas as pd
import plotly.graph_objects as go
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState
from tests.makers.pages import Made, made
from tests.makers.selection import TOO_FEW, overfitting_of
from tests.makers.studies import study_of, trial_of

from trading_hpo.analysis.convergence import best_so_far, complete_values, fold_scores
from trading_hpo.analysis.importance import parameter_importance
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.figures.comparison import comparison_figure, convergence_figure
from trading_hpo.reporting.figures.folds import folds_figure
from trading_hpo.reporting.figures.holdout import calibration_figure, equity_figure
from trading_hpo.reporting.figures.overfitting import overfitting_figure
from trading_hpo.reporting.figures.parallel import parallel_figure
from trading_hpo.reporting.figures.pareto import pareto_figure
from trading_hpo.reporting.figures.periods import assets_figure, costs_figure, exposure_figure, monthly_figure
from trading_hpo.reporting.figures.search import history_figure, importance_figure
from trading_hpo.reporting.figures.slices import slice_figure

COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL
NAME, METRIC = "comprehensive-us_tech_ohlcv-volatility5.mlp", "sharpe"
DISTRIBUTIONS = {
    "learning_rate": FloatDistribution(1e-5, 1e-1, log=True),
    "early_stopping_patience_epochs": IntDistribution(2, 4),
    "layers": IntDistribution(1, 3),
    "width": IntDistribution(8, 512, log=True),
    "batch_size": CategoricalDistribution([32, 64, 128, 256]),
    "norm": CategoricalDistribution([True, False]),
    "loss": CategoricalDistribution(["focal", "cross_entropy"]),
    "schedule": CategoricalDistribution(["constant", "cosine", "cosine_warm_restarts", "reduce_on_plateau"]),
    "focal_gamma": FloatDistribution(0, 5),  # only with the focal loss
}


def random_trial(number: int, state: TrialState = COMPLETE, **fixed) -> FrozenTrial:
    """A trial with all parameters; its values and its parameters follow from its number."""
    rng = np.random.default_rng(number)
    focal = number % 3 > 0
    params = {
        "learning_rate": float(10 ** rng.uniform(-5, -1)),
        "early_stopping_patience_epochs": int(rng.integers(2, 5)),
        "layers": int(rng.integers(1, 4)),
        "width": int(2 ** rng.uniform(3, 9)),
        "batch_size": int(rng.choice([32, 64, 128, 256])),
        "norm": bool(rng.random() < 0.5),
        "loss": "focal" if focal else "cross_entropy",
        "schedule": str(rng.choice(DISTRIBUTIONS["schedule"].choices)),
        **({"focal_gamma": float(rng.uniform(0, 5))} if focal else {}),
    }
    value = float(fixed.get("value", rng.normal()))
    others = [float(rng.uniform(0.05, 900)) for _ in range(fixed.get("others", 0))]
    folds = [{"fold": fold, "metrics": {METRIC: value + fold - 0.5}} for fold in (0, 1)]
    ended = state.is_finished() and state != FAIL
    return trial_of(
        *((value, *others) if ended else (None,)),
        state=state,
        params=fixed.get("params", params),
        distributions=DISTRIBUTIONS,
        reports={} if others else {1: value},
        cost={"epochs": 6.0, "training_time_s": 1.5},
        folds=folds,
        constraints={"max_drawdown": 0.2} if number % 7 == 6 else None,
    )


def mixed(n: int = 30) -> list[FrozenTrial]:
    """Complete, pruned and failed trials."""
    return [
        random_trial(number, FAIL if number % 10 == 4 else PRUNED if number % 5 == 2 else COMPLETE)
        for number in range(n)
    ]


def study_with(trials: list[FrozenTrial], direction: str = "maximize", name: str = NAME) -> optuna.Study:
    """A study of one objective."""
    return study_of(*trials, name=name, directions=[direction], metrics=[METRIC])


def several_objectives(n: int) -> optuna.Study:
    """A study of so many objectives, of which all but the first cost something."""
    return study_of(
        *(random_trial(number, others=n - 1) for number in range(25)),
        name=NAME,
        directions=["maximize", *["minimize"] * (n - 1)],
        metrics=[METRIC, "training_time_s", "model_size_mb"][:n],
    )


def _study_of_every_model_type() -> dict[str, optuna.Study]:
    return {
        model_type: study_with(mixed(12 + place), name=f"made.{model_type}")
        for place, model_type in enumerate(MODEL_TYPES)
    }


def _comparison(studies: dict[str, optuna.Study]) -> go.Figure:
    return comparison_figure(complete_values(studies), fold_scores(studies), METRIC)


def _convergence(studies: dict[str, optuna.Study]) -> go.Figure:
    return convergence_figure({name: best_so_far(study) for name, study in studies.items()}, METRIC)


def _equity(n_bars: int, *model_types: str) -> go.Figure:
    days = pd.date_range("2019-08-08", periods=n_bars, freq="B", tz="UTC")
    draws = np.random.default_rng(0)
    moves = {name: draws.normal(0.0005, 0.01, n_bars) for name in ("buy_and_hold", "constant_forecast", *model_types)}
    held = pd.DataFrame(
        {"timestamp": days, **{name: moves.pop(name) for name in ("buy_and_hold", "constant_forecast")}}
    )
    own = {name: pd.DataFrame({"timestamp": days, "net_return": returns}) for name, returns in moves.items()}
    return equity_figure(own, held)


def _calibration(target_kind: str, n_bins: int = 10) -> go.Figure:
    predicted = np.linspace(0.4, 0.6, n_bins) if target_kind == "class" else np.linspace(-0.004, 0.009, n_bins)
    table = {"predicted": predicted, "observed": predicted * 0.9, "error": 0.001, "samples": 412}
    return calibration_figure("cnn_lstm", pd.DataFrame(table), target_kind)


def _importance(trials: list[FrozenTrial]) -> go.Figure:
    return importance_figure("mlp", parameter_importance(study_with(trials)))


def long_names() -> optuna.Study:
    """A study with the longest names that somebody may give."""
    name = "accuracy_focused-somebodys_own_source_of_hourly_bars-forward_return24.explore.cnn_lstm"
    params = {"a_parameter_of_somebodys_own_network_to_be_searched": FloatDistribution(1e-9, 1e-7, log=True)}
    params["schedule_of_the_learning_rate"] = CategoricalDistribution([f"the_{n}th_long_choice" for n in range(6)])
    params["x" * 60] = IntDistribution(1_000_000, 9_000_000)
    rng = np.random.default_rng(0)
    trials = [
        trial_of(
            float(rng.normal()),
            params={
                "a_parameter_of_somebodys_own_network_to_be_searched": float(10 ** rng.uniform(-9, -7)),
                "schedule_of_the_learning_rate": f"the_{rng.integers(6)}th_long_choice",
                "x" * 60: int(rng.integers(1_000_000, 9_000_000)),
            },
            distributions=params,
        )
        for _ in range(30)
    ]
    return study_of(*trials, name=name, metrics=["composite_accuracy"])


_OF_A_PAGE = ("monthly", "exposure", "costs", "assets", "folds")


@cache
def _page() -> Made:
    return made(tuple(MODEL_TYPES), n_trials=1, n_bars=700)


def _of_a_page(name: str) -> go.Figure:
    return go.Figure(_page().figures[f"{name}_figure"])


FULL: dict[str, Callable[[], go.Figure]] = {
    "history_figure": lambda: history_figure(study_with(mixed()), "mlp"),
    "history_figure, one trial": lambda: history_figure(study_with([random_trial(0)]), "mlp"),
    "history_figure, many trials": lambda: history_figure(study_with(mixed(1234)), "mlp"),
    "history_figure, several objectives": lambda: history_figure(several_objectives(3), "mlp"),
    "slice_figure": lambda: slice_figure(study_with(mixed()), "mlp"),
    "slice_figure, one trial": lambda: slice_figure(study_with([random_trial(0)]), "mlp"),
    "slice_figure, long names": lambda: slice_figure(long_names(), "cnn_lstm"),
    "parallel_figure, long names": lambda: parallel_figure(long_names(), "cnn_lstm"),
    "importance_figure, long names": lambda: importance_figure("cnn_lstm", parameter_importance(long_names())),
    "history_figure, long names": lambda: history_figure(long_names(), "cnn_lstm"),
    "parallel_figure": lambda: parallel_figure(study_with(mixed()), "mlp"),
    "parallel_figure, one trial": lambda: parallel_figure(study_with([random_trial(0)]), "mlp"),
    "importance_figure": lambda: _importance(mixed(40)),
    "pareto_figure": lambda: pareto_figure(several_objectives(2), "mlp"),
    "pareto_figure, three objectives": lambda: pareto_figure(several_objectives(3), "mlp"),
    "convergence_figure": lambda: _convergence(_study_of_every_model_type()),
    "comparison_figure": lambda: _comparison(_study_of_every_model_type()),
    "equity_figure": lambda: _equity(855, *MODEL_TYPES),
    "equity_figure, a month": lambda: _equity(21, "mlp"),
    "equity_figure, baselines alone": lambda: _equity(300),
    "calibration_figure": lambda: _calibration("class"),
    "calibration_figure, numbers": lambda: _calibration("number"),
    "overfitting_figure": lambda: overfitting_figure({"mlp": {"overfitting": overfitting_of()}}),
    "overfitting_figure, few splits": lambda: overfitting_figure({"mlp": {"overfitting": overfitting_of(6)}}),
    **{f"{name}_figure": partial(_of_a_page, name) for name in _OF_A_PAGE},
}
EMPTY: dict[str, Callable[[], go.Figure]] = {
    "history_figure": lambda: history_figure(study_with([]), "mlp"),
    "history_figure, failed": lambda: history_figure(study_with([random_trial(n, FAIL) for n in range(5)]), "mlp"),
    "slice_figure": lambda: slice_figure(study_with([random_trial(n, PRUNED) for n in range(5)]), "mlp"),
    "slice_figure, no parameters": lambda: slice_figure(study_with([random_trial(0, params={})]), "mlp"),
    "parallel_figure": lambda: parallel_figure(study_with([random_trial(0, TrialState.RUNNING)]), "mlp"),
    "importance_figure": lambda: _importance([random_trial(0)]),
    "importance_figure, skipped": lambda: importance_figure("mlp", {"skipped": "not searched yet"}),
    "pareto_figure": lambda: pareto_figure(study_with(mixed()), "mlp"),
    "convergence_figure": lambda: _convergence({"mlp": study_with([])}),
    "comparison_figure": lambda: _comparison({"mlp": study_with([])}),
    "equity_figure": lambda: _equity(0),
    "calibration_figure": lambda: _calibration("class", n_bins=0),
    "monthly_figure": lambda: monthly_figure(pd.DataFrame()),
    "exposure_figure": lambda: exposure_figure(pd.DataFrame()),
    "costs_figure": lambda: costs_figure(pd.DataFrame(), 5.0),
    "assets_figure": lambda: assets_figure(pd.DataFrame()),
    "folds_figure": lambda: folds_figure(pd.DataFrame()),
    "overfitting_figure": lambda: overfitting_figure({"mlp": {"overfitting": TOO_FEW}}),
    "overfitting_figure, no study": lambda: overfitting_figure({}),
}


def said(figure: go.Figure) -> str:
    """The words in a figure, without the ends of their lines."""
    return " ".join(annotation.text for annotation in figure.layout.annotations).replace("<br>", " ")
