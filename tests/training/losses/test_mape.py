import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_percentage_error
from tests.training.losses.given import GivenRows

from trading_hpo.training.losses.mape import LEAST_PRICE, MeanAbsolutePercentageError

UNIT = torch.tensor([0.02, 0.03, 0.01])


class InUnits(GivenRows):
    @property
    def unit(self) -> torch.Tensor:
        return UNIT[: self.target.shape[1]].to(self.target.dtype)


def mape(output: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
    return MeanAbsolutePercentageError()(InUnits(output, target, weight).batch())


def test_it_is_the_error_of_the_price_as_a_share_of_it() -> None:
    """10 % predicted and -20 % observed: 30 points of a price of 0.8."""
    output, target = torch.tensor([[0.1]]) / 0.02, torch.tensor([[-0.2]]) / 0.02
    assert float(mape(output, target)) == pytest.approx(0.3 / 0.8)


@pytest.mark.parametrize("weighted", [False, True])
def test_returns_of_several_steps_are_compounded(weighted: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    output, target = (torch.randn(30, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    weight = torch.rand(30, generator=generator) if weighted else None
    predicted, observed, errors = np.ones(30), np.ones(30), []
    for step in range(3):
        predicted *= 1 + float(UNIT[step]) * output[:, step].numpy()
        observed *= 1 + float(UNIT[step]) * target[:, step].numpy()
        errors.append(mean_absolute_percentage_error(observed, predicted, sample_weight=weight))
    assert float(mape(output, target, weight)) == pytest.approx(np.mean(errors), rel=1e-6)


@pytest.mark.parametrize("lost", [0.995, 1.0])
def test_a_price_that_has_lost_everything_is_divided_by_as_the_least_price(lost: float) -> None:
    target = torch.tensor([[-lost]]) / 0.02
    output = torch.zeros(1, 1, requires_grad=True)
    value = mape(output, target)
    assert float(value.detach()) == pytest.approx(lost / LEAST_PRICE, rel=1e-4)
    (gradient,) = torch.autograd.grad(value, output)
    assert float(gradient) == pytest.approx(0.02 / LEAST_PRICE)


def test_a_predicted_price_of_nought_has_a_gradient_in_every_step() -> None:
    output = torch.tensor([[-1.0, 0.1, 0.1]]) / UNIT
    output.requires_grad_()
    (gradient,) = torch.autograd.grad(mape(output, torch.zeros(1, 3)), output)
    assert gradient.isfinite().all()
    assert float(gradient[0, 0]) < 0
