"""What every optimizer keeps, and each beside its paper, step by step."""

import json
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from tests.training.plugins import ADDED
from torch import nn

from trading_hpo.training.optimizers.adam import Adam
from trading_hpo.training.optimizers.adamw import AdamW
from trading_hpo.training.optimizers.optimizer import Optimizer
from trading_hpo.training.optimizers.radam import RAdam
from trading_hpo.training.optimizers.registry import OPTIMIZERS
from trading_hpo.training.optimizers.sgd import SGD

ALL = [OPTIMIZERS[name] for name in OPTIMIZERS] + ADDED["optimizer"]
every_optimizer = pytest.mark.parametrize("optimizer", [one() for one in ALL], ids=lambda one: one.name)
Weights = np.ndarray
Gradient = Callable[[Weights], Weights]


def network() -> nn.Linear:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Linear(4, 1).double()


def steps(made: torch.optim.Optimizer, on: nn.Linear, n: int = 20) -> float:
    inputs = torch.linspace(-1, 1, 32, dtype=torch.float64).reshape(8, 4)
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


@every_optimizer
def test_an_optimizer_keeps_as_many_numbers_of_a_weight_as_it_says(optimizer: Optimizer) -> None:
    """The estimate of memory counts on it."""
    on = network()
    made = optimizer.make(on, 1e-2)
    steps(made, on, 1)
    kept = [value for state in made.state.values() for value in state.values()]
    numbers = sum(value.numel() for value in kept if torch.is_tensor(value) and value.numel() == on.in_features)
    assert numbers == optimizer.states_per_weight * on.weight.numel()


@every_optimizer
def test_parameters_survive_a_file(optimizer: Optimizer) -> None:
    assert type(optimizer)(**json.loads(json.dumps(optimizer.model_dump(mode="json")))) == optimizer


def adam(gradient: Gradient, w: Weights, rate: float, l2: float, decay: float) -> Iterator[Weights]:
    """Kingma and Ba, algorithm 1; with a decay of its own Loshchilov and Hutter, algorithm 2."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, 100):
        g = gradient(w) + l2 * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w - rate * decay * w - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        yield w


def radam(gradient: Gradient, w: Weights, rate: float, decay: float) -> Iterator[Weights]:
    """Liu et al., algorithm 2; torch waits for a rho of 5, as their own code does, where the paper has 4."""
    m, v, most = np.zeros_like(w), np.zeros_like(w), 2 / (1 - 0.999) - 1
    for t in range(1, 100):
        g = gradient(w)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        rho = most - 2 * t * 0.999**t / (1 - 0.999**t)
        w, step = w - rate * decay * w, m / (1 - 0.9**t)
        if rho > 5:
            known = np.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
            step = step * known * np.sqrt(1 - 0.999**t) / (np.sqrt(v) + 1e-8)
        w = w - rate * step
        yield w


def nesterov(gradient: Gradient, w: Weights, rate: float, mu: float, l2: float) -> Iterator[Weights]:
    """Sutskever et al., equations 3 and 4, of which torch keeps the point that is looked ahead to, w + mu v."""
    theta, v = w, np.zeros_like(w)
    for _ in range(99):
        ahead = theta + mu * v
        v = mu * v - rate * (gradient(ahead) + l2 * ahead)
        theta = theta + v
        yield theta + mu * v


@pytest.mark.parametrize(
    ("optimizer", "by_hand"),
    [
        (AdamW(weight_decay=0.1), lambda g, w: adam(g, w, 0.02, 0.0, 0.1)),
        (Adam(l2_penalty=0.1), lambda g, w: adam(g, w, 0.02, 0.1, 0.0)),
        (RAdam(weight_decay=0.1), lambda g, w: radam(g, w, 0.02, 0.1)),
        (SGD(sgd_momentum=0.8, l2_penalty=0.1), lambda g, w: nesterov(g, w, 0.02, 0.8, 0.1)),
        (SGD(sgd_momentum=0.0), lambda g, w: nesterov(g, w, 0.02, 0.0, 0.0)),
    ],
    ids=["adamw", "adam", "radam", "sgd", "sgd without momentum"],
)
def test_an_optimizer_is_that_of_its_paper(
    optimizer: Optimizer, by_hand: Callable[[Gradient, Weights], Iterator[Weights]]
) -> None:
    inputs = np.linspace(-1, 1, 32).reshape(8, 4)
    on = nn.Linear(4, 1, bias=False).double()
    start = np.array([0.5, -0.25, 1.0, 0.0])
    on.weight.data = torch.tensor(start)[None]
    made = optimizer.make(on, 0.02)
    expected = by_hand(lambda w: 2 * inputs.T @ (inputs @ w - 1) / len(inputs), start)
    for _ in range(40):
        made.zero_grad()
        ((on(torch.tensor(inputs)) - 1) ** 2).mean().backward()
        made.step()
        np.testing.assert_allclose(on.weight.detach().numpy()[0], next(expected), rtol=1e-7)


@pytest.mark.parametrize("optimizer", [AdamW(weight_decay=0.1), RAdam(weight_decay=0.1)], ids=lambda one: one.name)
def test_biases_decay_like_all_other_weights(optimizer: Optimizer) -> None:
    """Where there is no gradient a step takes off a share of each weight and does nothing else."""
    on = network()
    made = optimizer.make(on, 0.1)
    before = [weight.detach().clone() for weight in on.parameters()]
    for weight in on.parameters():
        weight.grad = torch.zeros_like(weight)
    made.step()
    for weight, earlier in zip(on.parameters(), before, strict=True):
        torch.testing.assert_close(weight.detach(), earlier * (1 - 0.1 * 0.1))
