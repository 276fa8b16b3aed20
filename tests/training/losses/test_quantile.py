import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.metrics import mean_pinball_loss
from tests.training.losses.given import GivenRows

from trading_hpo.configuration import problems_of
from trading_hpo.tasks.forward_return import ForwardReturn
from trading_hpo.training.losses.quantile import Quantile

LEVELS = (0.05, 0.5, 0.8)


def drawn(n_targets: int, n: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    width = Quantile(quantile_levels=LEVELS).head.width(n_targets)
    return torch.randn(n, width, generator=generator), torch.randn(n, n_targets, generator=generator)


@pytest.mark.parametrize("n_targets", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_it_is_that_of_scikit_learn_at_each_level(n_targets: int, weighted: bool) -> None:
    output, target = drawn(n_targets)
    weight = torch.rand(len(output)) if weighted else None
    expected = [
        mean_pinball_loss(target[:, one], output[:, one * len(LEVELS) + place], alpha=level, sample_weight=weight)
        for one in range(n_targets)
        for place, level in enumerate(LEVELS)
    ]
    found = Quantile(quantile_levels=LEVELS)(GivenRows(output, target, weight).batch())
    assert float(found) == pytest.approx(np.mean(expected), rel=1e-5)


@pytest.mark.parametrize(("output", "cost"), [(3.0, 0.2), (1.0, 0.0), (-1.0, 1.8)])
def test_a_quantile_above_the_target_costs_what_the_level_lacks_to_1(output: float, cost: float) -> None:
    """At level 0.9 and target 1: 0.1 times 2 above, 0.9 times 2 below."""
    loss = Quantile(quantile_levels=(0.9,))
    assert float(loss(GivenRows(torch.tensor([[output]]), torch.ones(1, 1)).batch())) == pytest.approx(cost)


def test_its_best_constants_are_the_quantiles() -> None:
    target = torch.from_numpy(np.random.default_rng(2).exponential(size=(1001, 1)))
    output = torch.tensor(np.quantile(target.numpy(), LEVELS))
    loss = Quantile(quantile_levels=LEVELS)

    def cost(outputs: torch.Tensor) -> float:
        return float(loss(GivenRows(outputs.expand(len(target), -1), target).batch()))

    for place in range(len(LEVELS)):
        for moved in (-0.05, 0.05):
            other = output.clone()
            other[place] += moved
            assert cost(other) > cost(output)


def test_outputs_lie_as_a_forecast_reads_them() -> None:
    """A forecast whose quantiles are the targets of their own row and column costs nothing."""
    target = torch.tensor([[1.0, -2.0], [0.5, 3.0]])
    output = target.repeat_interleave(len(LEVELS), dim=1)
    loss = Quantile(quantile_levels=LEVELS)
    assert float(loss(GivenRows(output, target).batch())) == 0
    forecast = ForwardReturn().forecast(output.numpy(), loss.head, np.ones(2))
    np.testing.assert_array_equal(forecast.values, target.numpy())
    assert forecast.levels == LEVELS


@pytest.mark.parametrize("levels", [(), (0.0, 0.5), (0.5, 1.0), (0.5, 0.5), (0.9, 0.1), (-0.1, 0.5), (0.5, 1.2)])
def test_levels_rise_between_0_and_1(levels: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        Quantile(quantile_levels=levels)
    (problem,) = problems_of(refused.value, Quantile)
    rule = f"rise, above 0 and below 1, got {list(levels)}. Sort them, each once." if levels else "a list of at least 1"
    assert problem.startswith("quantile_levels must ")
    assert rule in problem


def test_levels_come_from_a_list() -> None:
    assert Quantile.model_validate({"quantile_levels": [0.25, 0.75]}).head.levels == (0.25, 0.75)
