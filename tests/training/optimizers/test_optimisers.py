"""What every optimizer keeps, and AdamW beside torch's."""

import pytest
import torch
from tests.training.plugins import ADDED
from torch import nn

from trading_hpo.training.optimizers.optimizer import Optimizer
from trading_hpo.training.optimizers.registry import OPTIMIZERS

ALL = [OPTIMIZERS[name] for name in OPTIMIZERS] + ADDED["optimizer"]
every_optimizer = pytest.mark.parametrize("optimizer", [one() for one in ALL], ids=lambda one: one.name)


def network() -> nn.Linear:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Linear(4, 1)


def steps(made: torch.optim.Optimizer, on: nn.Linear, n: int = 20) -> float:
    inputs = torch.linspace(-1, 1, 32).reshape(8, 4)
    for _ in range(n):
        made.zero_grad()
        loss = ((on(inputs) - 1) ** 2).mean()
        loss.backward()
        made.step()
    return float(loss.detach())


@every_optimizer
def test_an_optimizer_lowers_what_it_minimises(optimizer: Optimizer) -> None:
    on = network()
    made = optimizer.make(on, 1e-2)
    before = steps(made, on, 1)
    assert steps(made, on, 60) < 0.9 * before


@every_optimizer
def test_the_learning_rate_of_an_optimizer_can_be_moved(optimizer: Optimizer) -> None:
    """A schedule writes into its groups; a learning rate of nought moves nothing."""
    on = network()
    made = optimizer.make(on, 1e-2)
    assert {group["lr"] for group in made.param_groups} == {1e-2}
    for group in made.param_groups:
        group["lr"] = 0.0
    before = on.weight.detach().clone()
    steps(made, on, 3)
    assert torch.equal(on.weight, before)


def test_adamw_is_torchs() -> None:
    ours, theirs = network(), network()
    steps(OPTIMIZERS["adamw"](weight_decay=0.1).make(ours, 1e-2), ours)
    steps(torch.optim.AdamW(theirs.parameters(), lr=1e-2, weight_decay=0.1, fused=True), theirs)
    assert torch.equal(ours.weight, theirs.weight)
