"""Whatever may be chosen together trains, is judged, trained for the last time, and forecasts."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from tests.makers.tasks import data_of

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import FinalData, StudyData
from trading_hpo.families.registry import MODEL_TYPES, family_of
from trading_hpo.study.metrics_of_task import metrics_it_lacks
from trading_hpo.study.validation import fold_rows
from trading_hpo.tasks.registry import TASKS
from trading_hpo.training.choices import CHOICES
from trading_hpo.training.config import TrainingConfig, losses_for
from trading_hpo.training.schedules.registry import SCHEDULES

L = 5
PHASES = {"name": "multi_phase", "phases": [{"epochs": 1, "kind": "cosine"}, {"epochs": 1, "share": 0.1}]}
IN_A_HURRY = 40
SMALL = {
    "batch_size": 64,
    "hidden_dim_1": 8,
    "hidden_dim_2": 8,
    "lstm_hidden_dim": 8,
    "attention_dim": 8,
    "cnn_filters_1": 8,
}


def combinations() -> list[tuple[str, str, dict[str, str]]]:
    """Task, model type, and what is chosen by name where the model type leaves a choice."""
    found = []
    for task, model_type in product(TASKS, MODEL_TYPES):
        names = {
            choice: losses_for(TASKS[task].target_kind) if choice == "loss" else tuple(CHOICES[choice])
            for choice in MODEL_TYPES[model_type].choices
        }
        found += [(task, model_type, dict(zip(names, chosen, strict=True))) for chosen in product(*names.values())]
    return found


def some() -> list[Any]:
    """A sample that has every name at least once, if so many are enough."""
    every = combinations()
    order = np.random.default_rng(0).permutation(len(every))
    shuffled = [every[place] for place in order]
    kept, seen = [], set()
    for one in shuffled:
        names = {one[0], one[1], *one[2].items()}
        if not names <= seen:
            kept.append(one)
            seen |= names
    return [*kept, *(one for one in shuffled if one not in kept)][:IN_A_HURRY]


def training_of(model_type: str, schedule: str | None) -> TrainingConfig:
    """One epoch, and as many as a schedule needs that has phases or reads the scores of earlier epochs."""
    if schedule is None or not MODEL_TYPES[model_type].has_epochs:
        return TrainingConfig(epochs=1, window_bars=L)
    phases = {"schedule": PHASES} if schedule == "multi_phase" else {}
    several = phases or SCHEDULES[schedule]().has_feedback
    return TrainingConfig(epochs=2 if several else 1, window_bars=L, **phases)


def check(task: str, model_type: str, chosen: dict[str, str]) -> None:
    panel, split = data_of(task)
    training, family = training_of(model_type, chosen.get("schedule")), family_of(model_type)
    declared = MODEL_TYPES[model_type]
    known = {name for one in (*declared.common, declared.config) for name in one.model_fields}
    parameters = {**chosen, **{name: value for name, value in SMALL.items() if name in known}}
    folds = fold_rows(panel, split, L)
    data = StudyData(model_type, panel, folds, training, BacktestConfig(), 0)
    (number,) = folds
    scores = list(family.fit_fold(parameters, number, data, family.shared(data), lambda: False))
    assert len(scores) == training.epochs
    if chosen.get("schedule") == "multi_phase":
        first, second = scores[-1].learning_rates
        assert second == pytest.approx(1e-4)  # a tenth of the default
        assert second < first <= 1e-3
    score = scores[-1]
    assert np.isfinite(score.returns).all()
    assert all(value is None or np.isfinite(value) for value in score.metrics.values())
    losses, objective = [chosen["loss"]] if "loss" in chosen else [], TASKS[task]().objective
    lacks = metrics_it_lacks(TASKS[task](), losses, [model_type], [("", objective)])
    assert score.metrics["sharpe" if list(lacks) else objective] is not None

    fold = split.final_fold(0.3)
    train, stop = (split.rows(panel, fold, role, L) for role in ("train", "stop"))
    model = family.fit_final(parameters, FinalData(model_type, panel, train, stop, training, BacktestConfig(), 0), {})
    rows = folds[number].traded
    forecast = model.forecast(panel, rows)
    assert forecast.score.shape == rows.shape
    assert np.isfinite(forecast.score).all()
    assert set(np.unique(model.decision.calls(forecast))) <= {False, True}


def named(one: Any) -> str:
    task, model_type, chosen = one
    return "-".join([task, model_type, *chosen.values()])


@pytest.mark.parametrize("one", some(), ids=named)
def test_a_sample_of_what_may_be_chosen_together_is_trained_and_judged(one):
    check(*one)


@pytest.mark.long(part="values")
def test_all_that_may_be_chosen_together_is_trained_and_judged():
    failed = {}
    for one in combinations():
        try:
            check(*one)
        except Exception as error:
            failed[named(one)] = repr(error)
    assert failed == {}


def test_the_sample_has_every_name():
    names = {name for task, model_type, chosen in some() for name in (task, model_type, *chosen.items())}
    every = {name for task, model_type, chosen in combinations() for name in (task, model_type, *chosen.items())}
    assert names == every
