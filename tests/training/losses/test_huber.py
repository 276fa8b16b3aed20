import pytest
import torch
from pydantic import ValidationError
from tests.training.losses.given import GivenRows

from trading_hpo.training.losses.huber import Huber


@pytest.mark.parametrize("delta", [0.1, 1.0, 1.7])
def test_it_is_that_of_torch(delta: float) -> None:
    generator = torch.Generator().manual_seed(0)
    output, target = 3 * torch.randn(64, 2, generator=generator), torch.randn(64, 2, generator=generator)
    found = Huber(huber_delta=delta)(GivenRows(output, target).batch())
    torch.testing.assert_close(found, torch.nn.HuberLoss(delta=delta)(output, target), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("error", "cost"), [(0.0, 0.0), (0.3, 0.045), (-0.3, 0.045), (0.5, 0.125), (2.0, 0.875), (-2.0, 0.875)]
)
def test_it_turns_from_squared_to_linear_at_delta(error: float, cost: float) -> None:
    """At delta 0.5: 0.3^2 / 2, and 0.5 (2 - 0.25)."""
    output, target = torch.tensor([[1.0 + error]]), torch.tensor([[1.0]])
    assert float(Huber(huber_delta=0.5)(GivenRows(output, target).batch())) == pytest.approx(cost)


@pytest.mark.parametrize("delta", [0.0, -1.0, 101.0])
def test_delta_is_above_0(delta: float) -> None:
    with pytest.raises(ValidationError, match="huber_delta"):
        Huber(huber_delta=delta)
