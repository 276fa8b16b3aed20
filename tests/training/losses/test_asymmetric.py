import numpy as np
import pytest
import torch
from pydantic import ValidationError
from tests.training.losses.given import GivenRows

from trading_hpo.configuration import problems_of
from trading_hpo.training.losses.asymmetric import LARGEST_EXPONENT, Asymmetric


def linex(error: torch.Tensor, a: float) -> torch.Tensor:
    target = torch.full_like(error, 0.5)
    return Asymmetric(asymmetric_a=a)(GivenRows(target + error, target).batch())


@pytest.mark.parametrize("a", [-2.0, -0.5, 0.1, 1.0, 3.0])
def test_it_is_linex(a: float) -> None:
    errors = np.random.default_rng(0).normal(0, 1.5, (50, 2))
    expected = (np.exp(a * errors) - a * errors - 1).mean()
    assert float(linex(torch.from_numpy(errors.astype("f4")), a)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("a", "error", "cost"),
    [(1.0, 1.0, np.e - 2), (1.0, -1.0, 1 / np.e), (-1.0, 1.0, 1 / np.e), (-1.0, -1.0, np.e - 2), (2.0, 0.0, 0.0)],
)
def test_above_0_a_forecast_that_is_too_high_costs_more_and_below_0_one_that_is_too_low(
    a: float, error: float, cost: float
) -> None:
    assert float(linex(torch.tensor([[error]]), a)) == pytest.approx(cost)


@pytest.mark.parametrize("a", [-0.7, 1.5])
def test_its_best_forecast_is_that_of_zellner(a: float) -> None:
    """Of all constant forecasts: ``-log(mean(exp(-a y))) / a``."""
    truth = torch.from_numpy(np.random.default_rng(1).normal(size=(400, 1)))
    best = -torch.log(torch.exp(-a * truth).mean()) / a
    costs = [
        float(Asymmetric(asymmetric_a=a)(GivenRows(torch.full_like(truth, float(one)), truth).batch()))
        for one in best + torch.linspace(-0.1, 0.1, 21)
    ]
    assert int(np.argmin(costs)) == 10


@pytest.mark.parametrize("a", [-10.0, 1.0, 10.0])
@pytest.mark.parametrize("error", [30.0, 88.0, 1e4, 1e10])
def test_value_and_gradient_are_finite_at_any_error(a: float, error: float) -> None:
    given = torch.tensor([[np.sign(a) * error], [-np.sign(a) * error]], dtype=torch.float32, requires_grad=True)
    value = linex(given, a)
    (gradient,) = torch.autograd.grad(value, given)
    assert value.isfinite()
    assert gradient.isfinite().all()
    assert (gradient * given > 0).all(), "every error is pulled towards the target"


def test_beyond_the_largest_exponent_it_goes_on_along_the_tangent() -> None:
    edge = LARGEST_EXPONENT
    given = torch.tensor([edge - 1e-3, edge + 1e-3, edge + 5], dtype=torch.float64, requires_grad=True)
    values = torch.stack([linex(error[None, None], 1.0) for error in given])
    (slopes,) = torch.autograd.grad(values.sum(), given)
    assert float(slopes[0]) == pytest.approx(np.exp(edge - 1e-3) - 1, rel=1e-12)
    assert float(slopes[1]) == float(slopes[2]) == pytest.approx(np.exp(edge) - 1, rel=1e-12)
    assert float(values[2].detach()) == pytest.approx(6 * np.exp(edge) - edge - 6, rel=1e-12)


def test_nought_punishes_nothing_and_is_refused() -> None:
    with pytest.raises(ValidationError) as refused:
        Asymmetric(asymmetric_a=0)
    assert problems_of(refused.value, Asymmetric) == [
        "asymmetric_a must be above or below 0, got 0.0. For errors that cost alike take mse."
    ]
