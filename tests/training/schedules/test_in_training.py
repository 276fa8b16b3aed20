"""Schedules and optimizers in the training loop, each with each."""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pytest
import torch
from tests.training.plugins import ADDED
from tests.training.schedules.examples import EXAMPLES, IDS
from torch import nn

from trading_hpo.families.networks.architecture import Architecture
from trading_hpo.training.batch import PanelTensors
from trading_hpo.training.config import Components
from trading_hpo.training.loop import EpochResult, fit
from trading_hpo.training.losses.focal import Focal
from trading_hpo.training.optimizers.adamw import AdamW
from trading_hpo.training.optimizers.optimizer import Optimizer
from trading_hpo.training.optimizers.registry import OPTIMIZERS
from trading_hpo.training.schedules.constant import Constant
from trading_hpo.training.schedules.exponential import Exponential
from trading_hpo.training.schedules.registry import SCHEDULES
from trading_hpo.training.schedules.schedule import Schedule
from trading_hpo.training.seeding import RandomStream
from trading_hpo.training.windows import Scaler, Windows
from trading_hpo.types import BarRange, Panel

L, RATE, ROWS, BATCH = 5, 3e-3, 64, 16
BATCHES = ROWS // BATCH
OPTIMIZING = [one() for one in (*(OPTIMIZERS[name] for name in OPTIMIZERS), *ADDED["optimizer"])]


@pytest.fixture(scope="module")
def panel(make_panel: Callable[..., Panel]) -> Panel:
    return make_panel(n_bars=60)


def train(
    panel: Panel, schedule: Schedule, optimizer: Optimizer, epochs: int, scores: list[float]
) -> Iterator[tuple[EpochResult, nn.Module]]:
    """Each epoch and the network, which is scored alternately better and worse."""
    rows = panel.rows((BarRange(0, 55),), L)
    with RandomStream(0).entered():
        network = Architecture("mlp", {}, panel.n_features, L, panel.n_assets).build()
    for result in fit(
        network,
        Windows(panel, L),
        rows,
        Scaler.fit(panel, rows, clip=3.0),
        PanelTensors(panel, np.ones(1, dtype=np.float32)),
        Components(Focal(), optimizer, schedule),
        epochs=epochs,
        batch_size=BATCH,
        learning_rate=RATE,
        stream=RandomStream(1),
        scores=scores,
        max_windows=ROWS,
    ):
        yield result, network
        scores.append(float(result.epoch % 2))


@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [*product(OPTIMIZING, EXAMPLES)],
    ids=[f"{optimizer.name}-{name}" for optimizer, name in product(OPTIMIZING, IDS)],
)
def test_every_schedule_moves_every_optimizer(panel: Panel, optimizer: Optimizer, schedule: Schedule) -> None:
    epochs, scores = 2, list[float]()
    before = nn.utils.parameters_to_vector(next(train(panel, Constant(), optimizer, 1, []))[1].parameters())
    found, networks = zip(*train(panel, schedule, optimizer, epochs, scores), strict=True)
    assert all(np.isfinite(result.train_loss) for result in found)
    after = nn.utils.parameters_to_vector(networks[-1].parameters())
    assert after.isfinite().all()
    assert not torch.equal(after, before)
    for epoch, result in enumerate(found):
        places = range(BATCHES) if schedule.by_batch(epoch + 1) else [0]
        shares = [schedule.with_warmup(epoch + place / BATCHES, epochs, scores[:epoch]) for place in places]
        assert result.learning_rate == pytest.approx(RATE * np.mean(shares), rel=1e-12)


@pytest.mark.parametrize("schedule", EXAMPLES, ids=IDS)
def test_a_training_that_is_begun_again_has_the_same_learning_rates(panel: Panel, schedule: Schedule) -> None:
    """A fold that was interrupted starts anew: the schedule remembers nothing of its first attempt."""

    def rates(n: int) -> list[float]:
        epochs = train(panel, schedule, AdamW(), 6, [])
        return [result.learning_rate for (result, _), _ in zip(epochs, range(n), strict=False)]

    interrupted = rates(3)
    whole = rates(6)
    assert interrupted == whole[:3]
    assert len(whole) == 6


def test_a_schedule_by_epoch_warms_up_by_batch(panel: Panel) -> None:
    schedule = Exponential(exponential_decay=0.5, warmup_epochs=1)
    found = [result.learning_rate / RATE for result, _ in train(panel, schedule, AdamW(), 4, [])]
    rise = np.mean([0.1 + 0.9 * place / BATCHES for place in range(BATCHES)])
    assert found == pytest.approx([rise, 1, 0.5, 0.25])


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_a_warm_up_goes_before_every_schedule(panel: Panel, name: str) -> None:
    warmed, plain = SCHEDULES[name](warmup_epochs=1), SCHEDULES[name]()
    (first, *found) = [result.learning_rate for result, _ in train(panel, warmed, AdamW(), 4, [])]
    expected = []
    for epoch in range(3):
        places = range(BATCHES) if plain.by_batch(epoch + 1) else [0]
        scores = [float(number % 2) for number in range(2, 2 + epoch)]
        expected.append(RATE * np.mean([plain.factor(epoch + place / BATCHES, 3, scores) for place in places]))
    assert found == pytest.approx(expected)
    assert first == pytest.approx(RATE * plain.factor(0, 3, ()) * (0.1 + 0.9 * (BATCHES - 1) / BATCHES / 2))
