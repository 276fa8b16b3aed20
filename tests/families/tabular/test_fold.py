import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pytest
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import Interrupted
from trading_hpo.families.family import DivergedError, FoldScore, Rows, StudyData
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.families.tabular import fitting
from trading_hpo.families.tabular.family import TABULAR
from trading_hpo.market.panel import save_panel
from trading_hpo.tasks.joint import Joint
from trading_hpo.tasks.path import Path
from trading_hpo.tasks.registry import label_of
from trading_hpo.tasks.task import Task
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel

MakePanel = Callable[..., Panel]
MakeRows = Callable[..., list[Rows]]
L, SEED = 5, 11
TRAINING = TrainingConfig(window_bars=L)
PARAMETERS: dict[str, dict[str, Any]] = {
    "linear": {"linear_penalty": 0.01, "tabular_lags": "averages"},
    "gradient_boosting": {
        "boosting_min_samples_leaf": 20,
        "boosting_max_features": 0.5,
        "boosting_max_iterations": 40,
        "tabular_lags": "last",
    },
}
every_reference = pytest.mark.parametrize("model_type", PARAMETERS)
every_kind = pytest.mark.parametrize("kind", ["direction", "forward_return"])


def score(panel: Panel, rows: Rows, model_type: str, fold: int = 0, seed: int = SEED, **changed: Any) -> FoldScore:
    data = StudyData(model_type, panel, {fold: rows}, TRAINING, BacktestConfig(), seed)
    should_stop = changed.pop("should_stop", lambda: False)
    parameters = PARAMETERS[model_type] | changed
    (only,) = TABULAR.fit_fold(parameters, fold, data, TABULAR.shared(data), should_stop)
    return only


def timeless(found: FoldScore) -> dict[str, Any]:
    """Everything but the seconds."""
    assert found.judged is not None
    plain = {name: value for name, value in vars(found).items() if name not in ("seconds", "judged")}
    arrays = {name: np.array(plain[name]).tolist() for name in ("returns", "bars", "exposure")}
    return plain | arrays | {"score": found.judged.forecast.score.tolist()}


def test_all_references_are_tested() -> None:
    assert {name for name in MODEL_TYPES if MODEL_TYPES[name].is_reference} == PARAMETERS.keys()
    for name in PARAMETERS:
        assert not MODEL_TYPES[name].choices
        assert MODEL_TYPES[name].config() == MODEL_TYPES[name].config(**{})


@every_reference
@every_kind
def test_a_planted_signal_is_found(make_panel: MakePanel, make_fold_rows: MakeRows, model_type: str, kind: str) -> None:
    panel = make_panel(kind=kind)
    for number, rows in enumerate(make_fold_rows(panel)):
        found = score(panel, rows, model_type, number)
        assert found.fold == number
        assert found.finished
        assert (found.epochs, found.stopped_epoch, found.learning_rates) == (1, 1, ())
        assert found.metrics["mcc" if kind == "direction" else "ic"] > 0.5
        assert found.metrics["sharpe"] > 3
        assert found.stop_loss < (np.log(2) if kind == "direction" else 1)
        assert found.judged.constant is not None


@every_reference
def test_nothing_is_found_in_noise(panel: Panel, folds: list[Rows], model_type: str) -> None:
    target = np.random.default_rng(5).integers(0, 2, panel.target.shape).astype("f4")
    noise = replace(panel, target=target)
    values = [score(noise, rows, model_type, number).metrics["mcc"] for number, rows in enumerate(folds)]
    assert abs(np.mean(values)) < 0.2


@every_reference
@every_kind
def test_the_same_parameters_give_the_same_bits_in_any_order(
    make_panel: MakePanel, make_fold_rows: MakeRows, model_type: str, kind: str
) -> None:
    panel = make_panel(kind=kind)
    rows = make_fold_rows(panel)[0]
    first = timeless(score(panel, rows, model_type))
    np.random.rand(3)
    PARAMETERS[model_type] = dict(reversed(PARAMETERS[model_type].items()))
    assert timeless(score(panel, rows, model_type)) == first


def test_seed_fold_and_parameters_draw_on_their_own(panel: Panel, folds: list[Rows]) -> None:
    of = [
        score(panel, folds[0], "gradient_boosting"),
        score(panel, folds[0], "gradient_boosting", fold=1),
        score(panel, folds[0], "gradient_boosting", seed=SEED + 1),
        score(panel, folds[0], "gradient_boosting", boosting_l2=1.0),  # its default, and another configuration
    ]
    assert len({found.threshold for found in of}) == 4


@every_reference
def test_validation_and_what_follows_it_decide_nothing(panel: Panel, folds: list[Rows], model_type: str) -> None:
    rows = folds[0]
    after = panel.bar > panel.bar[rows.stop].max()
    flipped = np.where(after[:, None], 1 - panel.target, panel.target)
    expected, other = (score(one, rows, model_type) for one in (panel, replace(panel, target=flipped)))
    assert other.threshold == expected.threshold
    np.testing.assert_array_equal(other.judged.forecast.score, expected.judged.forecast.score)
    assert other.metrics["mcc"] == pytest.approx(-expected.metrics["mcc"])


@every_reference
def test_the_threshold_calls_as_often_as_the_class_occurs_on_the_stop_rows(
    panel: Panel, folds: list[Rows], model_type: str
) -> None:
    data = StudyData(model_type, panel, {}, TRAINING, BacktestConfig(), SEED)
    rows = folds[1]
    chosen = fitting.fit_rows(
        model_type, PARAMETERS[model_type], data.panel, data.training, SEED, 1, rows.train, rows.stop
    )
    called = chosen.decision.calls(chosen.fit.read(chosen.fit.output_of(panel, rows.stop)))
    assert abs(int(called.sum()) - int(panel.target[rows.stop].sum())) <= 3


@every_reference
def test_one_class_alone_is_refused(panel: Panel, folds: list[Rows], model_type: str) -> None:
    with pytest.raises(DivergedError, match="must learn from both classes, got one alone in the train rows"):
        score(replace(panel, target=np.ones_like(panel.target)), folds[0], model_type)


@every_reference
def test_a_stop_request_interrupts(panel: Panel, folds: list[Rows], model_type: str) -> None:
    with pytest.raises(Interrupted):
        score(panel, folds[0], model_type, should_stop=lambda: True)


@every_reference
def test_fit_and_forecast_use_one_thread(
    panel: Panel, folds: list[Rows], model_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    one, seen = fitting.estimator_of(model_type), []
    for name in ("fit", "output"):
        own = getattr(one, name)
        monkeypatch.setattr(
            one, name, lambda *given, own=own: seen.append(_openmp_effective_n_threads()) or own(*given), raising=True
        )
    score(panel, folds[0], model_type)
    assert seen == [1] * 4


@every_reference
def test_a_window_of_its_own_is_used(panel: Panel, folds: list[Rows], model_type: str) -> None:
    one, other = (score(panel, folds[0], model_type, tabular_lags="window", window_bars=bars) for bars in (1, L))
    same = score(panel, folds[0], model_type, tabular_lags="window")
    assert one.threshold != other.threshold
    np.testing.assert_allclose(same.stop_loss, other.stop_loss, rtol=0.2)  # drawn by other parameters


@every_reference
def test_costs_are_those_that_are_known_before_a_fit(panel: Panel, folds: list[Rows], model_type: str) -> None:
    data = StudyData(model_type, panel, dict(enumerate(folds)), TRAINING, BacktestConfig(), SEED)
    wanted = {"model_size_mb", "memory_mb", "latency_ms", "inference_mflop", "training_gflop"}
    costs = TABULAR.costs(PARAMETERS[model_type], data, wanted)
    assert costs.known.keys() == {"model_size_mb", "memory_mb"}
    assert all(value > 0 for value in costs.known.values())
    assert not costs.epoch_flop
    assert not costs.epoch_batches
    wider = TABULAR.costs(PARAMETERS[model_type] | {"tabular_lags": "window"}, data, wanted)
    assert wider.known["memory_mb"] > costs.known["memory_mb"]
    assert TABULAR.costs(PARAMETERS[model_type], data, ()).known == {}


@every_reference
@pytest.mark.parametrize("task", [Joint(), Path(horizon_bars=2)], ids=["joint", "path"])
def test_several_targets_have_a_model_each(
    make_panel: MakePanel, make_fold_rows: MakeRows, model_type: str, task: Task
) -> None:
    panel = make_panel(kind="forward_return")
    second = 100 * panel.features[:, 1:2]
    first = panel.target > 0 if task.target_kind == "joint" else panel.target
    panel = replace(panel, target=np.hstack([first, second]).astype("f4"), label=label_of(task))
    rows = make_fold_rows(panel)[0]
    own = PARAMETERS[model_type] | {"tabular_lags": "last"}
    chosen = fitting.fit_rows(model_type, own, panel, TRAINING, SEED, 0, rows.train, rows.stop)
    assert len(chosen.fit.estimators) == 2
    forecast = chosen.fit.read(chosen.fit.output_of(panel, rows.validation))
    assert forecast.values is not None
    for place in (0, 1):
        assert np.corrcoef(forecast.values[:, place], panel.target[rows.validation, place])[0, 1] > 0.6
    assert forecast.values[:, 1].std() == pytest.approx(second[rows.validation].std(), rel=0.3)
    assert (forecast.probability is not None) == (task.target_kind == "joint")


AGAIN = """
import json, sys
from pathlib import Path
import numpy as np
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import Rows, StudyData
from trading_hpo.families.tabular.family import TABULAR
from trading_hpo.market.panel import open_panel
from trading_hpo.training.config import TrainingConfig
order = json.loads(sys.argv[1])
rows = Rows(*(np.array(part) for part in order["rows"]))
panel, training = open_panel(Path(order["panel"])), TrainingConfig(window_bars=order["window_bars"])
data = StudyData(order["model_type"], panel, {0: rows}, training, BacktestConfig(), order["seed"])
(score,) = TABULAR.fit_fold(order["parameters"], 0, data, None, lambda: False)
print(json.dumps([score.threshold, score.train_loss, dict(score.metrics), "torch" in sys.modules]))
"""


@every_reference
def test_another_process_finds_the_same_bits_and_needs_no_torch(
    panel: Panel, folds: list[Rows], model_type: str, tmp_path: FilePath
) -> None:
    here = score(panel, folds[0], model_type)
    save_panel(panel, tmp_path / "panel.safetensors")
    order = {
        "panel": str(tmp_path / "panel.safetensors"),
        "rows": [part.tolist() for part in (folds[0].train, folds[0].stop, folds[0].validation, folds[0].traded)],
        "window_bars": L,
        "model_type": model_type,
        "parameters": PARAMETERS[model_type],
        "seed": SEED,
    }
    done = subprocess.run([sys.executable, "-c", AGAIN, json.dumps(order)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [here.threshold, here.train_loss, dict(here.metrics), False]
