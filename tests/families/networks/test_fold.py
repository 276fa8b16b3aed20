import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from tests.makers.model_types import NETWORKS

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import Interrupted
from trading_hpo.families.family import DivergedError, FoldScore, Rows
from trading_hpo.families.judgement import monitored
from trading_hpo.families.networks.fitting import Recipe
from trading_hpo.families.networks.fold import fit_fold
from trading_hpo.market.panel import save_panel
from trading_hpo.metrics.registry import METRICS
from trading_hpo.study.objectives import ObjectiveConfig
from trading_hpo.tasks.direction import Direction
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.training.batch import Batch
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.loop import fit, predict
from trading_hpo.training.losses.focal import Focal
from trading_hpo.training.losses.registry import LOSSES
from trading_hpo.training.seeding import RandomStream, fold_seed
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import Panel

MakePanel = Callable[..., Panel]
MakeRows = Callable[..., list[Rows]]
L = 5
TRAINING = TrainingConfig(epochs=8, window_bars=L, eval_batch_size=64)
SHARED: dict[str, Any] = {
    "learning_rate": 5e-3,
    "batch_size": 64,
    "focal_alpha": 0.5,
    "focal_gamma": 0.5,
    "early_stopping_patience": 20,
    "asset_embedding_dim": 2,
}
PARAMETERS = SHARED | {"hidden_dim_1": 16, "hidden_dim_2": 8}  # of a small MLP
LONGER = TRAINING.model_copy(update={"epochs": 30})
SEED = 11
ARRAYS = ("returns", "bars", "exposure")


def without_focal(parameters: dict[str, Any]) -> dict[str, Any]:
    """Parameters of a loss that is not chosen are nobody's."""
    return {name: value for name, value in parameters.items() if not name.startswith("focal")}


def start(
    panel: Panel,
    rows: Rows,
    fold: int = 0,
    *,
    parameters: dict[str, Any] = PARAMETERS,
    training: TrainingConfig = TRAINING,
    model_type: str = "mlp",
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[FoldScore]:
    if panel.label["kind"] == "forward_return":
        parameters = without_focal(parameters)
    recipe = Recipe.of(model_type, parameters, panel, training, SEED)
    windows = Windows(panel, recipe.architecture.window_bars)
    return fit_fold(recipe, panel, windows, fold, rows, BacktestConfig(), should_stop)


def timeless(score: FoldScore) -> dict[str, Any]:
    """Everything but the seconds."""
    plain = {name: np.array(value).tolist() if name in ARRAYS else value for name, value in vars(score).items()}
    assert score.judged is not None
    plain["judged"] = [score.judged.forecast.score.tolist(), score.judged.bar.tolist()]
    return {name: value for name, value in plain.items() if name != "seconds"}


def run(*arguments: Any, **options: Any) -> list[dict[str, Any]]:
    return [timeless(score) for score in start(*arguments, **options)]


@pytest.fixture(scope="module")
def noise(panel: Panel) -> Panel:
    """Nothing to learn: the stop rows are best early on."""
    target = np.random.default_rng(5).integers(0, 2, panel.target.shape).astype("f4")
    return replace(panel, target=target)


@pytest.mark.parametrize("model_type", NETWORKS)
def test_a_planted_signal_is_found(panel: Panel, folds: list[Rows], model_type: str) -> None:
    parameters = SHARED | {"learning_rate": 2e-2, "dropout_rate": 0.0}
    for number, rows in enumerate(folds):
        last = run(panel, rows, number, parameters=parameters, training=LONGER, model_type=model_type)[-1]
        assert last["fold"] == number
        assert last["finished"]
        assert last["metrics"]["mcc"] > 0.5
        assert last["metrics"]["sharpe"] > 3


def test_nothing_is_found_in_noise(noise: Panel, folds: list[Rows]) -> None:
    values = [run(noise, rows, number)[-1]["metrics"]["mcc"] for number, rows in enumerate(folds)]
    assert abs(np.mean(values)) < 0.2


def test_folds_side_by_side_equal_folds_one_after_another(panel: Panel, folds: list[Rows]) -> None:
    apart = [run(panel, rows, number) for number, rows in enumerate(folds)]
    running = [start(panel, rows, number) for number, rows in enumerate(folds)]
    together = [[timeless(score) for score in scores] for scores in zip(*running, strict=True)]
    assert [list(of_fold) for of_fold in zip(*together, strict=True)] == apart
    assert apart[0][-1]["threshold"] != apart[1][-1]["threshold"]


@pytest.mark.parametrize("model_type", NETWORKS)
def test_same_parameters_give_the_same_score_again(panel: Panel, folds: list[Rows], model_type: str) -> None:
    again = dict(reversed(SHARED.items()))
    first = run(panel, folds[0], parameters=SHARED, model_type=model_type)
    torch.rand(3)
    assert run(panel, folds[0], parameters=again, model_type=model_type) == first


def test_fold_and_seed_make_their_own_training(panel: Panel, folds: list[Rows]) -> None:
    first, other_fold = run(panel, folds[0], 0)[0], run(panel, folds[0], 1)[0]
    recipe = Recipe.of("mlp", PARAMETERS, panel, TRAINING, SEED + 1)
    other_seed = next(fit_fold(recipe, panel, Windows(panel, L), 0, folds[0], BacktestConfig(), lambda: False))
    assert len({first["threshold"], other_fold["threshold"], other_seed.threshold}) == 3


AGAIN = """
import json, sys
from pathlib import Path
import torch
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.market.panel import open_panel
from trading_hpo.training.config import TrainingConfig
from trading_hpo.families.family import Rows
from trading_hpo.families.networks.fitting import Recipe
from trading_hpo.families.networks.fold import fit_fold
from trading_hpo.training.windows import Windows
import numpy as np
torch.set_num_threads(1)
order = json.loads(sys.argv[1])
panel = open_panel(Path(order["panel"]))
rows = Rows(*(np.array(part) for part in order["rows"]))
training = TrainingConfig(**order["training"])
recipe = Recipe.of(order["model_type"], order["parameters"], panel, training, order["seed"])
windows = Windows(panel, training.window_bars)
for score in fit_fold(recipe, panel, windows, 0, rows, BacktestConfig(), lambda: False):
    pass
print(json.dumps([score.epochs, score.stopped_epoch, score.threshold, dict(score.metrics)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("model_type", ["mlp", "lstm"])
def test_another_process_finds_the_same_score(panel: Panel, folds: list[Rows], model_type: str, tmp_path: Path) -> None:
    here = run(panel, folds[0], parameters=SHARED, model_type=model_type)[-1]
    save_panel(panel, tmp_path / "panel.safetensors")
    order = {
        "panel": str(tmp_path / "panel.safetensors"),
        "rows": [part.tolist() for part in (folds[0].train, folds[0].stop, folds[0].validation, folds[0].traded)],
        "training": TRAINING.model_dump(),
        "model_type": model_type,
        "parameters": SHARED,
        "seed": SEED,
    }
    command = [sys.executable, "-c", AGAIN, json.dumps(order)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    there = json.loads(done.stdout)
    assert there == [here["epochs"], here["stopped_epoch"], here["threshold"], here["metrics"]]


def stop_losses(panel: Panel, rows: Rows, parameters: dict[str, Any], training: TrainingConfig) -> list[float]:
    """The loss on the stop rows after every epoch, by the parts that a fold is made of."""
    recipe = Recipe.of("mlp", parameters, panel, training, SEED)
    stream = RandomStream(fold_seed(SEED, 0, parameters))
    unit = recipe.task.scale(panel.target[rows.train])
    network, targets = recipe.build(stream), recipe.targets(panel, unit)
    scaler, windows = Scaler.fit(panel, rows.train, training.clip_sigma), Windows(panel, L)
    chosen = {"batch_size": recipe.chosen.batch_size, "learning_rate": recipe.chosen.learning_rate}
    losses = []
    for _ in fit(
        network,
        windows,
        rows.train,
        scaler,
        targets,
        recipe.components,
        epochs=training.epochs,
        stream=stream,
        **chosen,
    ):
        output = predict(network, windows, rows.stop, scaler)
        losses.append(float(recipe.components.loss(Batch(output, torch.from_numpy(rows.stop), targets))))
    return losses


@pytest.mark.parametrize("patience", [1, 2, 5])
def test_training_ends_when_the_stop_rows_have_not_improved_for_the_patience(
    noise: Panel, folds: list[Rows], patience: int
) -> None:
    parameters = PARAMETERS | {"early_stopping_patience": patience, "learning_rate": 1e-2}
    training = TRAINING.model_copy(update={"epochs": 30})
    scores = run(noise, folds[0], parameters=parameters, training=training)
    losses = stop_losses(noise, folds[0], parameters, training)[: len(scores)]
    best_so_far = [int(np.argmin(losses[: epoch + 1])) + 1 for epoch in range(len(losses))]
    assert [score["stopped_epoch"] for score in scores] == best_so_far
    assert [score["epochs"] for score in scores] == list(range(1, len(scores) + 1))
    last = scores[-1]
    assert last["epochs"] == last["stopped_epoch"] + patience < training.epochs
    assert [score["finished"] for score in scores] == [False] * (len(scores) - 1) + [True]
    # Between improvements nothing is judged anew.
    for before, after in pairwise(scores):
        if before["stopped_epoch"] == after["stopped_epoch"]:
            assert (before["metrics"], before["threshold"]) == (after["metrics"], after["threshold"])


def test_an_improvement_must_exceed_min_delta(panel: Panel, folds: list[Rows]) -> None:
    training = TRAINING.model_copy(update={"min_delta": 1e3})
    parameters = PARAMETERS | {"early_stopping_patience": 3}
    last = run(panel, folds[0], parameters=parameters, training=training)[-1]
    assert (last["stopped_epoch"], last["epochs"]) == (1, 4)


def test_training_ends_with_its_epochs(panel: Panel, folds: list[Rows]) -> None:
    scores = run(panel, folds[0])
    assert len(scores) == TRAINING.epochs
    assert scores[-1]["finished"]


OF_A_CLASS = [name for name in METRICS if METRICS[name].needs in (None, "probability")]
MONITORS = [name for name in OF_A_CLASS if METRICS[name].kind != "cost" and METRICS[name].direction is not None]


@pytest.mark.parametrize("metric", [name for name in MONITORS if name != "recall"])
def test_another_metric_can_be_monitored(panel: Panel, folds: list[Rows], metric: str) -> None:
    training = LONGER.model_copy(update={"monitor_metric": metric})
    last = run(panel, folds[0], training=training)[-1]
    assert last["metrics"]["mcc"] > 0.4
    assert last["stopped_epoch"] > 1


def test_what_is_monitored_is_improved_in_its_own_direction(
    panel: Panel, folds: list[Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def watched(*arguments: Any) -> float:
        seen.append(monitored(*arguments))
        return seen[-1]

    monkeypatch.setattr("trading_hpo.families.networks.fitting.monitored", watched)
    scores = run(panel, folds[0], training=LONGER.model_copy(update={"monitor_metric": "mse"}))
    assert scores[-1]["stopped_epoch"] == int(np.argmax(seen)) + 1
    assert max(seen) < 0  # a mean squared error, the smaller the better


def without_validation(panel: Panel, rows: Rows) -> Panel:
    """The panel with other features, targets and returns at the fold's validation rows and after."""
    rng = np.random.default_rng(8)
    later = panel.bar >= panel.bar[rows.validation].min()
    moved = replace(
        panel,
        features=panel.features.copy(),
        target=panel.target.copy(),
        forward_return=panel.forward_return.copy(),
    )
    moved.features[later] = 1e3 * rng.normal(size=moved.features[later].shape)
    moved.target[later] = 1 - moved.target[later]
    moved.forward_return[later] *= -3
    return moved


@pytest.mark.parametrize("monitor_metric", ["loss", "mcc", "sharpe", "mse"])
def test_validation_decides_nothing(panel: Panel, folds: list[Rows], monitor_metric: str) -> None:
    training = TRAINING.model_copy(update={"monitor_metric": monitor_metric})
    parameters = PARAMETERS | {"early_stopping_patience": 2}
    for number, rows in enumerate(folds):
        moved = without_validation(panel, rows)
        before = run(panel, rows, number, parameters=parameters, training=training)
        after = run(moved, rows, number, parameters=parameters, training=training)
        assert before[-1]["metrics"] != after[-1]["metrics"], "the change must be one that shows"
        # The threshold is a quantile of stop scores, so equal thresholds mean equal weights and scaler.
        decisions = ("epochs", "stopped_epoch", "threshold", "finished")
        for one, other in zip(before, after, strict=True):
            assert [one[name] for name in decisions] == [other[name] for name in decisions]


def test_scaler_of_the_train_rows_knows_nothing_of_later_ones(panel: Panel, folds: list[Rows]) -> None:
    moved = without_validation(panel, folds[0])
    before, after = (Scaler.fit(data, folds[0].train, 8.0) for data in (panel, moved))
    assert torch.equal(before.mean, after.mean)
    assert torch.equal(before.spread, after.spread)


def test_stop_rows_never_reach_the_weights(panel: Panel, folds: list[Rows]) -> None:
    """Other stop targets move the epoch at which training ends, not what an epoch learns."""
    moved = replace(panel, target=panel.target.copy())
    moved.target.ravel()[folds[0].stop] = 1 - moved.target.ravel()[folds[0].stop]
    training = TRAINING.model_copy(update={"threshold": 0.0, "monitor_metric": "loss", "epochs": 1})
    before, after = (run(data, folds[0], training=training)[0] for data in (panel, moved))
    assert before["metrics"] == after["metrics"]


def test_bars_after_the_fold_do_not_matter(panel: Panel, folds: list[Rows]) -> None:
    later = panel.bar > panel.bar[folds[0].validation].max()
    moved = replace(panel, features=panel.features.copy(), target=panel.target.copy())
    moved.features[later] = 1e6
    moved.target[later] = 1 - moved.target[later]
    assert run(moved, folds[0]) == run(panel, folds[0])


def test_weights_that_blow_up_are_a_diverged_fold(make_panel: MakePanel, folds: list[Rows]) -> None:
    panel = make_panel(kind="forward_return")
    parameters = PARAMETERS | {"learning_rate": 10.0, "hidden_layers": 16, "hidden_dim_2": 64}
    with pytest.raises(DivergedError, match=r"epoch \d of fold 2"):
        run(panel, folds[0], 2, parameters=parameters)


def test_an_infinite_loss_of_the_stop_rows_is_a_diverged_fold(make_panel: MakePanel, folds: list[Rows]) -> None:
    """Outputs and train loss are finite; the target of one stop row is beyond what can be squared."""
    panel = make_panel(kind="forward_return")
    panel.target.ravel()[folds[0].stop[3]] = 1e30
    with pytest.raises(DivergedError, match="epoch 1 of fold 0"):
        run(panel, folds[0])


@pytest.mark.parametrize("batches", [2, 12])
def test_a_fold_stops_within_an_epoch(panel: Panel, folds: list[Rows], batches: int) -> None:
    asked = [0]

    def should_stop() -> bool:
        asked[0] += 1
        return asked[0] > batches

    with pytest.raises(Interrupted):
        run(panel, folds[0], should_stop=should_stop)
    assert asked[0] == batches + 1


@pytest.mark.parametrize("threshold", [-1.5, 0.0, 0.7])
def test_a_number_is_the_threshold_as_it_stands(panel: Panel, folds: list[Rows], threshold: float) -> None:
    training = TRAINING.model_copy(update={"threshold": threshold, "epochs": 2})
    assert {score["threshold"] for score in run(panel, folds[0], training=training)} == {threshold}


def test_threshold_of_a_fold_calls_stop_rows_as_often_as_they_are_positive(
    panel: Panel, folds: list[Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = []
    decide = Direction.decide

    def watched(task: Direction, forecast: Forecast, targets: np.ndarray, rule: str | float) -> Decision:
        np.testing.assert_array_equal(targets, panel.target[folds[0].stop])
        decision = decide(task, forecast, targets, rule)
        shares.append((float(decision.calls(forecast).mean()), float(task.truth(targets).mean())))
        return decision

    monkeypatch.setattr(Direction, "decide", watched)
    run(panel, folds[0])
    assert len(shares) == TRAINING.epochs
    assert all(called == positive for called, positive in shares)


@pytest.mark.parametrize("loss", ["mse", "mae", "pinball", "relative_to_bar", "sharpe_of_runs"])
def test_a_number_can_be_learned(make_panel: MakePanel, folds: list[Rows], loss: str, plugged_in: None) -> None:
    panel = make_panel(kind="forward_return")
    training = LONGER.model_copy(update={"loss": loss})
    last = run(panel, folds[0], training=training)[-1]
    assert last["metrics"]["auc"] > 0.85
    assert last["metrics"]["mcc"] > 0.5


def test_the_head_of_the_loss_gives_the_network_its_width(make_panel: MakePanel, plugged_in: None) -> None:
    panel = make_panel(kind="forward_return")
    widths = {"mse": 1, "pinball": 3, "sharpe_of_runs": 1}
    for loss, width in widths.items():
        recipe = Recipe.of("mlp", without_focal(PARAMETERS) | {"loss": loss}, panel, TRAINING, SEED)
        assert recipe.architecture.n_outputs == width


def test_the_learning_rates_of_all_epochs_are_kept(panel: Panel, folds: list[Rows], plugged_in: None) -> None:
    rate = PARAMETERS["learning_rate"]
    assert run(panel, folds[0])[-1]["learning_rates"] == (rate,) * TRAINING.epochs
    training = TRAINING.model_copy(update={"schedule": "halving", "monitor_metric": "accuracy", "epochs": 12})
    scores = run(panel, folds[0], training=training)
    for epoch, score in enumerate(scores):
        assert score["learning_rates"] == scores[-1]["learning_rates"][: epoch + 1]
    halved = [1 if later == earlier else later / earlier for earlier, later in pairwise(scores[-1]["learning_rates"])]
    assert set(halved) == {1, 0.5}
    improved = [earlier["stopped_epoch"] != later["stopped_epoch"] for earlier, later in pairwise(scores[:-1])]
    assert [share == 1 for share in halved[1:]] == improved


def test_trials_are_not_compared_by_their_own_training_loss(
    panel: Panel, folds: list[Rows], monkeypatch: pytest.MonkeyPatch, plugged_in: None
) -> None:
    """A loss in other units trains the same and is worth the same; only the losses that are shown differ."""

    class Thousandfold(Focal):
        name: ClassVar[str] = "thousandfold"

        def __call__(self, batch: Batch) -> torch.Tensor:
            value = super().__call__(batch)
            return value.detach() * 1023 + value  # the same gradient

    LOSSES.add("thousandfold", Thousandfold)
    shown = ("train_loss", "stop_loss")
    plain, larger = (
        run(panel, folds[0], training=TRAINING.model_copy(update={"loss": loss})) for loss in ("focal", "thousandfold")
    )
    assert all(score[name] > 500 * before[name] for before, score in zip(plain, larger, strict=True) for name in shown)
    for before, score in zip(plain, larger, strict=True):
        assert {name: value for name, value in score.items() if name not in shown} == {
            name: value for name, value in before.items() if name not in shown
        }
    with pytest.raises(ValidationError, match="unknown metric 'stop_loss'"):
        ObjectiveConfig(metric="stop_loss")


def test_a_number_is_learned_in_units_of_its_spread(make_panel: MakePanel, folds: list[Rows]) -> None:
    """A power of two changes no digit: returns in percent are learned like returns, and judged in percent."""
    panel = make_panel(kind="forward_return")
    larger = replace(panel, target=panel.target * 1024)
    for before, scaled in zip(run(panel, folds[0]), run(larger, folds[0]), strict=True):
        for score in (before, scaled):  # a price is made of returns as they are, not of percent
            del score["metrics"]["mape"]
            score.pop("no_value", None)
        errors = {name: before["metrics"][name] * 1024 for name in ("mae", "rmse")}
        errors["mse"] = before["metrics"]["mse"] * 1024**2
        assert scaled == {**before, "metrics": {**before["metrics"], **errors}}


def test_a_constant_target_divides_by_nothing(make_panel: MakePanel, folds: list[Rows]) -> None:
    panel = make_panel(kind="forward_return")
    panel.target[:] = 0.5
    training = TRAINING.model_copy(update={"threshold": 0.0, "epochs": 2})
    assert len(run(panel, folds[0], training=training)) == 2


def test_window_of_the_trial_goes_before_that_of_the_training(panel: Panel) -> None:
    assert Recipe.of("mlp", PARAMETERS, panel, TRAINING, SEED).architecture.window_bars == L
    chosen = Recipe.of("mlp", PARAMETERS | {"window_bars": 3}, panel, TRAINING, SEED)
    assert chosen.architecture.window_bars == 3


def test_size_is_known_before_training(panel: Panel) -> None:
    recipe = Recipe.of("mlp", PARAMETERS, panel, TRAINING, SEED)
    network = recipe.build(RandomStream(0))
    assert recipe.size_mb() == sum(weight.numel() for weight in network.parameters()) * 4 / 1024**2
