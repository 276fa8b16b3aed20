from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from tests.makers.model_types import NETWORKS
from tests.training.plugins import Halving, Ramp, RelativeToBar, SharpeOfRuns
from torch import nn

from trading_hpo.errors import Interrupted
from trading_hpo.families.networks.architecture import Architecture
from trading_hpo.training.batch import Batch, PanelTensors
from trading_hpo.training.config import Components
from trading_hpo.training.loop import EpochResult, fit, predict
from trading_hpo.training.losses.focal import Focal
from trading_hpo.training.optimizers.adamw import AdamW
from trading_hpo.training.optimizers.optimizer import Optimizer
from trading_hpo.training.schedules.constant import Constant
from trading_hpo.training.seeding import RandomStream
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import BarRange, Panel

MakePanel = Callable[..., Panel]
L, BATCH = 5, 32
SETTINGS = {"batch_size": BATCH, "learning_rate": 3e-3}
CHOSEN = Components(Focal(), AdamW(weight_decay=1e-2), Constant())


class Plain(Optimizer):
    """Gradients times the learning rate."""

    name: ClassVar[str] = "plain"

    def make(self, network: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
        return torch.optim.SGD(network.parameters(), lr=learning_rate)


class WatchedWindows(Windows):
    """Remembers the rows of every batch."""

    def __init__(self, panel: Panel, window_bars: int) -> None:
        super().__init__(panel, window_bars)
        self.asked: list[np.ndarray] = []

    def batch(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        self.asked.append(rows.numpy().copy())
        return super().batch(rows)


def network_of(panel: Panel, model_type: str = "mlp", seed: int = 0, **config: Any) -> nn.Module:
    with RandomStream(seed).entered():
        return Architecture(model_type, config, panel.n_features, L, panel.n_assets).build()


def train(network: nn.Module, windows: Windows, rows: np.ndarray, panel: Panel, **more: Any) -> Iterator[EpochResult]:
    scaler = Scaler.fit(panel, rows, clip=3.0)
    settings: dict[str, Any] = {"epochs": 2, "stream": RandomStream(7), **SETTINGS, **more}
    targets = PanelTensors(panel, np.ones(1))
    return fit(network, windows, rows, scaler, targets, replace(CHOSEN, **settings.pop("chosen", {})), **settings)


@pytest.fixture
def panel(make_panel: MakePanel) -> Panel:
    return make_panel()


@pytest.fixture
def rows(panel: Panel) -> np.ndarray:
    return panel.rows((BarRange(0, 75),), L)


@pytest.mark.parametrize("max_windows", [None, 100])
@pytest.mark.parametrize("model_type", NETWORKS)
def test_loop_is_a_plain_training_loop_bit_for_bit(
    panel: Panel, rows: np.ndarray, model_type: str, max_windows: int | None
) -> None:
    epochs = 3
    network = network_of(panel, model_type)
    results = list(train(network, Windows(panel, L), rows, panel, epochs=epochs, max_windows=max_windows))

    plain = network_of(panel, model_type)
    values = panel.features
    # All windows laid out in memory, scaled once.
    cube = torch.from_numpy(np.stack([values[row - L + 1 : row + 1] for row in rows]))
    mean = torch.from_numpy(values[rows].astype("f8").mean(0).astype("f4"))
    spread = torch.from_numpy(values[rows].astype("f8").std(0).astype("f4"))
    cube = ((cube - mean) / spread).clamp(-3.0, 3.0)
    asset = torch.from_numpy(panel.asset[rows])
    targets = PanelTensors(panel, np.ones(1, dtype=np.float32))
    optimizer = torch.optim.AdamW(plain.parameters(), lr=3e-3, weight_decay=1e-2, fused=True)
    losses = []
    with torch.random.fork_rng():
        torch.manual_seed(7)
        for _ in range(epochs):
            order = torch.randperm(len(rows))[:max_windows]
            plain.train()
            total = 0.0
            for start in range(0, len(order), BATCH):
                chosen = order[start : start + BATCH]
                loss = Focal()(Batch(plain(cube[chosen], asset[chosen]), torch.from_numpy(rows)[chosen], targets))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(chosen)
            losses.append(total / len(order))

    for name, weight in plain.state_dict().items():
        assert torch.equal(network.state_dict()[name], weight), name
    assert [result.train_loss for result in results] == pytest.approx(losses, rel=1e-5)
    assert [result.epoch for result in results] == [1, 2, 3]


def test_loss_falls_where_there_is_something_to_learn(panel: Panel, rows: np.ndarray) -> None:
    results = list(train(network_of(panel), Windows(panel, L), rows, panel, epochs=15))
    assert results[-1].train_loss < 0.5 * results[0].train_loss


def test_training_is_repeatable_and_depends_on_the_stream(panel: Panel, rows: np.ndarray) -> None:
    def losses(seed: int) -> list[float]:
        torch.rand(1)  # what others draw does not matter
        results = train(network_of(panel), Windows(panel, L), rows, panel, stream=RandomStream(seed))
        return [result.train_loss for result in results]

    assert losses(7) == losses(7)
    assert losses(7) != losses(8)


def test_interleaved_trainings_equal_separate_ones(panel: Panel, rows: np.ndarray) -> None:
    def two() -> list[Iterator[EpochResult]]:
        return [
            train(network_of(panel, seed=n), Windows(panel, L), rows, panel, stream=RandomStream(n), epochs=3)
            for n in (1, 2)
        ]

    apart = [[result.train_loss for result in one] for one in two()]
    first, second = two()
    together = [(a.train_loss, b.train_loss) for a, b in zip(first, second, strict=True)]
    assert [list(losses) for losses in zip(*together, strict=True)] == apart


def test_training_leaves_the_global_generator_alone(panel: Panel, rows: np.ndarray) -> None:
    before = torch.get_rng_state()
    list(train(network_of(panel), Windows(panel, L), rows, panel))
    assert torch.equal(torch.get_rng_state(), before)


def test_an_epoch_takes_every_row_once_in_an_order_of_its_own(panel: Panel, rows: np.ndarray) -> None:
    windows = WatchedWindows(panel, L)
    epochs = []
    for _ in train(network_of(panel), windows, rows, panel):
        assert {len(batch) for batch in windows.asked[:-1]} == {BATCH}
        epochs.append(np.concatenate(windows.asked))
        windows.asked.clear()
    for drawn in epochs:
        np.testing.assert_array_equal(np.sort(drawn), rows)
    assert not np.array_equal(epochs[0], epochs[1])


def test_a_short_epoch_draws_other_rows_each_time(panel: Panel, rows: np.ndarray) -> None:
    windows = WatchedWindows(panel, L)
    epochs = []
    for _ in train(network_of(panel), windows, rows, panel, max_windows=50):
        epochs.append(np.concatenate(windows.asked))
        windows.asked.clear()
    for drawn in epochs:
        assert len(drawn) == len(set(drawn)) == 50
        assert set(drawn) <= set(rows)
    assert set(epochs[0]) != set(epochs[1])


def test_more_windows_than_rows_means_all_rows(panel: Panel, rows: np.ndarray) -> None:
    windows = WatchedWindows(panel, L)
    list(train(network_of(panel), windows, rows, panel, max_windows=10**6, epochs=1))
    np.testing.assert_array_equal(np.sort(np.concatenate(windows.asked)), rows)


@pytest.mark.parametrize("batches", [0, 1, 3, 9])
def test_should_stop_acts_before_the_next_batch(panel: Panel, rows: np.ndarray, batches: int) -> None:
    assert len(rows) > 3 * BATCH  # an epoch has seven batches
    windows = WatchedWindows(panel, L)
    outer = torch.get_rng_state()
    with pytest.raises(Interrupted):
        list(train(network_of(panel), windows, rows, panel, should_stop=lambda: len(windows.asked) == batches))
    assert len(windows.asked) == batches
    assert torch.equal(torch.get_rng_state(), outer)


def test_training_waits_for_its_caller_between_epochs(panel: Panel, rows: np.ndarray) -> None:
    windows = WatchedWindows(panel, L)
    epochs = train(network_of(panel), windows, rows, panel)
    assert not windows.asked
    next(epochs)
    assert sum(map(len, windows.asked)) == len(rows)


def test_training_leaves_the_panel_alone(panel: Panel, rows: np.ndarray) -> None:
    before = panel.features.copy(), panel.target.copy()
    list(train(network_of(panel), Windows(panel, L), rows, panel))
    np.testing.assert_array_equal(panel.features, before[0])
    np.testing.assert_array_equal(panel.target, before[1])


@pytest.mark.parametrize("batch_size", [1, 7, 32, 10_000])
def test_predictions_are_those_of_the_network_in_the_order_of_the_rows(
    panel: Panel, rows: np.ndarray, batch_size: int
) -> None:
    network, scaler = network_of(panel, dropout_rate=0.5).train(), Scaler.fit(panel, rows, clip=3.0)
    windows = Windows(panel, L)
    shuffled = np.random.default_rng(0).permutation(rows)[:60]
    output = predict(network, windows, shuffled, scaler, batch_size)
    assert output.shape == (60, 1)
    assert not output.requires_grad
    with torch.no_grad():
        batch, asset = windows.batch(torch.from_numpy(shuffled))
        expected = network.eval()(scaler(batch), asset)
    torch.testing.assert_close(output, expected)


def test_predicting_in_between_does_not_move_the_training(panel: Panel, rows: np.ndarray) -> None:
    def losses(predicts: bool) -> list[float]:
        network, scaler = network_of(panel, dropout_rate=0.5), Scaler.fit(panel, rows, clip=3.0)
        seen = []
        for result in train(network, Windows(panel, L), rows, panel, epochs=4):
            seen.append(result.train_loss)
            if predicts:
                predict(network, Windows(panel, L), rows, scaler)
        return seen

    assert losses(predicts=True) == losses(predicts=False)


def test_prediction_can_be_stopped_between_batches(panel: Panel, rows: np.ndarray) -> None:
    windows = WatchedWindows(panel, L)
    scaler = Scaler.fit(panel, rows, clip=3.0)
    with pytest.raises(Interrupted):
        predict(network_of(panel), windows, rows, scaler, BATCH, lambda: len(windows.asked) == 2)
    assert len(windows.asked) == 2


def test_no_rows_have_no_predictions(panel: Panel, rows: np.ndarray) -> None:
    scaler = Scaler.fit(panel, rows, clip=3.0)
    assert predict(network_of(panel), Windows(panel, L), rows[:0], scaler).shape == (0, 1)


def test_seconds_count_training_and_not_the_caller(
    panel: Panel, rows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("trading_hpo.training.loop.time.monotonic", lambda: now[0])

    def half_a_second_per_batch() -> bool:
        now[0] += 0.5
        return False

    batches = -(-len(rows) // BATCH)
    for result in train(network_of(panel), Windows(panel, L), rows, panel, should_stop=half_a_second_per_batch):
        assert result.seconds == 0.5 * batches
        now[0] += 1000.0


def test_a_schedule_moves_the_learning_rate_epoch_by_epoch_by_the_scores_it_is_told(
    panel: Panel, rows: np.ndarray
) -> None:
    scores: list[float] = []
    found = []
    epochs = train(
        network_of(panel), Windows(panel, L), rows, panel, epochs=5, scores=scores, chosen={"schedule": Halving()}
    )
    for result, score in zip(epochs, [1.0, 2.0, 1.5, 3.0, 0.0], strict=True):
        found.append(result.learning_rate)
        scores.append(score)
    rate = SETTINGS["learning_rate"]
    assert found == [rate, rate, rate, rate / 2, rate / 2]


def test_a_schedule_by_batch_is_asked_before_every_batch(
    panel: Panel, rows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    factor = Ramp.factor

    def watched(self: Ramp, passed: float, epochs: int, scores: Any) -> float:
        asked.append(passed)
        return factor(self, passed, epochs, scores)

    monkeypatch.setattr(Ramp, "factor", watched)
    results = list(train(network_of(panel), Windows(panel, L), rows, panel, chosen={"schedule": Ramp()}))
    batches = -(-len(rows) // BATCH)
    assert asked == pytest.approx([n / batches for n in range(2 * batches)])
    shares = np.minimum((np.array(asked) + 0.1) / 2, 1).reshape(2, -1).mean(axis=1)
    assert [result.learning_rate for result in results] == pytest.approx(list(SETTINGS["learning_rate"] * shares))


def test_gradients_are_scaled_down_together_to_the_norm_that_they_may_have(panel: Panel, rows: np.ndarray) -> None:
    def after(**more: Any) -> torch.Tensor:
        network = network_of(panel)
        more = {"epochs": 1, "batch_size": len(rows), "learning_rate": 1.0, "chosen": {"optimizer": Plain()}, **more}
        list(train(network, Windows(panel, L), rows, panel, **more))
        return nn.utils.parameters_to_vector(network.parameters()).detach()

    before = nn.utils.parameters_to_vector(network_of(panel).parameters()).detach()
    whole, clipped = after() - before, after(clip_norm=0.01) - before
    assert float(whole.norm()) > 0.02
    assert float(clipped.norm()) == pytest.approx(0.01, rel=1e-3)
    torch.testing.assert_close(clipped / clipped.norm(), whole / whole.norm(), atol=1e-5, rtol=1e-3)
    torch.testing.assert_close(after(clip_norm=1e3) - before, whole, rtol=0, atol=0)


def test_a_learning_rate_of_nought_learns_nothing(panel: Panel, rows: np.ndarray) -> None:
    class Still(Constant):
        def factor(self, passed: float, epochs: int, scores: Any) -> float:
            return 0.0

    network = network_of(panel)
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    (result, *_) = train(network, Windows(panel, L), rows, panel, chosen={"schedule": Still()})
    assert result.learning_rate == 0
    assert all(torch.equal(network.state_dict()[name], weight) for name, weight in before.items())


@pytest.mark.parametrize("loss", [SharpeOfRuns(run_bars=7), RelativeToBar()], ids=lambda loss: loss.name)
def test_the_loss_of_an_epoch_is_the_mean_over_its_batches_where_rows_do_not_add_up(
    panel: Panel, rows: np.ndarray, loss: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches are what the loss asks for; their sizes do not weigh."""
    seen: list[tuple[int, float]] = []
    call = type(loss).__call__

    def watched(self: Any, batch: Batch) -> torch.Tensor:
        value = call(self, batch)
        seen.append((len(batch.output), float(value.detach())))
        return value

    monkeypatch.setattr(type(loss), "__call__", watched)
    (result,) = train(network_of(panel), Windows(panel, L), rows[:-3], panel, epochs=1, chosen={"loss": loss})
    assert len({size for size, _ in seen}) > 1
    assert result.train_loss == pytest.approx(np.mean([value for _, value in seen]), rel=1e-5)
