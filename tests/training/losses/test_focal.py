import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tests.training.losses.given import GivenRows

from trading_hpo.training.losses.focal import Focal

EXTREME = [0.0, 1.0, 20.0, 87.0, 100.0, 104.0, 1e4]


def focal_loss(logits: torch.Tensor, target: torch.Tensor, alpha: float, gamma: float) -> torch.Tensor:
    return Focal(focal_alpha=alpha, focal_gamma=gamma)(GivenRows(logits, target).batch())


def sample(n: int = 64, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(n, 1, generator=generator), torch.randint(0, 2, (n, 1), generator=generator).float()


def naive_focal_loss(logits: torch.Tensor, target: torch.Tensor, alpha: float, gamma: float) -> float:
    """Equation 5, row by row, in double precision."""
    rows = []
    for z, y in zip(logits.double().numpy().ravel(), target.numpy().ravel(), strict=True):
        p = 1 / (1 + np.exp(-z))
        p_t, alpha_t = (p, alpha) if y == 1 else (1 - p, 1 - alpha)
        rows.append(-alpha_t * (1 - p_t) ** gamma * np.log(p_t))
    return float(np.mean(rows))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.9, 1.0])
def test_focal_loss_is_that_of_the_paper(alpha: float, gamma: float) -> None:
    logits, target = sample()
    expected = naive_focal_loss(logits, target, alpha, gamma)
    assert float(focal_loss(logits, target, alpha, gamma)) == pytest.approx(expected, rel=1e-5)


def test_focal_loss_without_focus_is_half_the_cross_entropy() -> None:
    logits, target = sample()
    half = 0.5 * F.binary_cross_entropy_with_logits(logits, target)
    torch.testing.assert_close(focal_loss(logits, target, alpha=0.5, gamma=0.0), half)


def test_focal_loss_plays_easy_rows_down() -> None:
    easy, hard, target = torch.tensor([[3.0]]), torch.tensor([[-1.0]]), torch.ones(1, 1)

    def ratio(gamma: float) -> float:
        return float(focal_loss(easy, target, 0.5, gamma) / focal_loss(hard, target, 0.5, gamma))

    assert ratio(2.0) < ratio(0.5) < ratio(0.0) < 1


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99, 1.0, 2.0, 20.0])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_focal_loss_and_its_gradient_are_finite_at_extreme_logits(gamma: float, sign: int, label: float) -> None:
    logits = (sign * torch.tensor(EXTREME)).requires_grad_()
    each = [focal_loss(z[None, None], torch.tensor([[label]]), 0.25, gamma) for z in logits]
    assert all(bool(value.isfinite()) for value in each)
    (gradient,) = torch.autograd.grad(torch.stack(each).sum(), logits)
    assert gradient.isfinite().all(), gradient
    # A wrong row is pulled towards its class, a right one is at least not pushed away.
    assert (gradient * (1 - 2 * label) >= 0).all()


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_focal_gradient_equals_finite_differences(gamma: float) -> None:
    logits, target = sample(8)
    logits = logits.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: focal_loss(z, target.double(), 0.25, gamma), (logits,))


@pytest.mark.parametrize("wrong", [5.0, 100.0, 1e4])
def test_a_confident_mistake_costs_its_logit(wrong: float) -> None:
    loss = focal_loss(torch.tensor([[-wrong]]), torch.ones(1, 1), alpha=0.25, gamma=2.0)
    assert float(loss) == pytest.approx(0.25 * wrong, rel=0.02)
