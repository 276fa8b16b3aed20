import numpy as np
import pytest
import torch
from tests.training.losses.given import GivenRows

from trading_hpo.training.losses.log_cosh import LogCosh


def log_cosh(error: torch.Tensor) -> torch.Tensor:
    target = torch.linspace(-1, 1, error.numel()).reshape(error.shape).to(error.dtype)
    return LogCosh()(GivenRows(target + error, target).batch())


@pytest.mark.parametrize("error", [0.0, 1e-3, -0.2, 0.5, -3.0, 20.0])
def test_it_is_the_logarithm_of_the_hyperbolic_cosine(error: float) -> None:
    assert float(log_cosh(torch.tensor([[error]]))) == pytest.approx(np.log(np.cosh(error)), rel=1e-3, abs=1e-12)


def test_it_is_the_mean_over_rows_and_targets() -> None:
    errors = np.random.default_rng(0).normal(0, 2, (50, 3))
    found = float(log_cosh(torch.from_numpy(errors.astype("f4"))))
    assert found == pytest.approx(np.log(np.cosh(errors)).mean(), rel=1e-6)


@pytest.mark.parametrize("error", [100.0, -1e4, 1e30])
def test_a_large_error_costs_its_size_less_the_logarithm_of_2(error: float) -> None:
    assert float(log_cosh(torch.tensor([[error]]))) == pytest.approx(abs(error) - np.log(2))


@pytest.mark.parametrize("error", [0.0, 1e-5, -0.3, 4.0, -1e4])
def test_its_gradient_is_the_hyperbolic_tangent(error: float) -> None:
    given = torch.tensor([[error]], requires_grad=True)
    (gradient,) = torch.autograd.grad(log_cosh(given), given)
    assert float(gradient) == pytest.approx(np.tanh(error), abs=2e-7)
