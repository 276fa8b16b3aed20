"""What every loss keeps, ours and those that others add."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import log_loss, mean_absolute_error, mean_squared_error
from tests.training.losses.given import GivenRows
from tests.training.plugins import ADDED

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.training.batch import Batch, PanelTensors
from trading_hpo.training.choices import CHOICES
from trading_hpo.training.config import Hyperparameters
from trading_hpo.training.losses.loss import Loss
from trading_hpo.training.losses.registry import LOSSES
from trading_hpo.training.sampling import BatchSampler
from trading_hpo.types import BarRange, Panel

OF_ONE_TARGET = [LOSSES[name] for name in LOSSES if not LOSSES[name].parts]  # the others are made of these
OURS = [loss for loss in OF_ONE_TARGET if loss.__module__.startswith("trading_hpo.")]
OTHERS = [loss for loss in OF_ONE_TARGET if loss not in OURS]
EVERY = [*OURS, *OTHERS, *ADDED["loss"]]
every_loss = pytest.mark.parametrize("loss", [one() for one in EVERY], ids=lambda loss: loss.name)
additive = [one() for one in EVERY if one.additive]
every_additive_loss = pytest.mark.parametrize("loss", additive, ids=lambda loss: loss.name)
every_loss_of_ours = pytest.mark.parametrize("loss", [one() for one in OURS], ids=lambda loss: loss.name)
# "trading" is below 0 where a sign is right, and falls as the forecast grows.
every_loss_of_errors = pytest.mark.parametrize(
    "loss", [loss for loss in additive if loss.name != "trading"], ids=lambda loss: loss.name
)
READS = {"sharpe": {"forward_return", "volatility", "weight"}}  # the others: target and weight alone
FINITE = st.floats(-50, 50, width=32)


def drawn(loss: Loss, n: int = 48, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs and targets."""
    generator = torch.Generator().manual_seed(seed)
    output = 3 * torch.randn(n, loss.head.width(1), generator=generator)
    target = torch.randn(n, 1, generator=generator)
    return output, (target > 0).float() if "class" in loss.target_kinds else target


@pytest.fixture(scope="module")
def batch_for(make_panel: Callable[..., Panel]) -> Callable[..., Batch]:
    """A batch of a real panel, as training draws it for the loss."""

    def make(loss: Loss, seed: int = 0) -> Batch:
        panel = make_panel(kind="direction" if "class" in loss.target_kinds else "forward_return", n_bars=80)
        rows = panel.rows((BarRange(10, 60),), 5)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            (chosen, *_) = BatchSampler(loss.sampling, rows, panel.bar[rows], panel.asset[rows], batch_size=60).epoch()
            output = torch.randn(len(chosen), loss.head.width(1)).requires_grad_()
        unit = np.array([1.0 if "class" in loss.target_kinds else 0.02])
        return Batch(output, chosen, PanelTensors(panel, unit))

    return make


@pytest.mark.parametrize("choice", CHOICES)
def test_a_component_is_registered_under_its_own_name(choice: str) -> None:
    assert {name: CHOICES[choice][name].name for name in CHOICES[choice]} == {name: name for name in CHOICES[choice]}


@pytest.mark.parametrize("choice", CHOICES)
def test_a_component_has_defaults_and_names_that_belong_to_nobody_else(choice: str) -> None:
    elsewhere = [one for other in CHOICES if other != choice for one in (CHOICES[other][n] for n in CHOICES[other])]
    configs = [MODEL_TYPES[model_type].config for model_type in MODEL_TYPES]
    taken = {name for one in (Hyperparameters, *configs, *elsewhere) for name in one.model_fields}
    for name in CHOICES[choice]:
        component = CHOICES[choice][name]
        component()
        assert not set(component.model_fields) & {*taken, *CHOICES}, name


@every_loss
def test_loss_is_one_finite_number_with_a_finite_gradient(loss: Loss, batch_for: Callable[..., Batch]) -> None:
    batch = batch_for(loss)
    value = loss(batch)
    assert value.shape == ()
    assert value.isfinite()
    (gradient,) = torch.autograd.grad(value, batch.output)
    assert gradient.isfinite().all()
    assert gradient.abs().sum() > 0


@every_loss
def test_a_step_against_the_gradient_lowers_the_loss(loss: Loss, batch_for: Callable[..., Batch]) -> None:
    batch = batch_for(loss)
    before = loss(batch)
    (gradient,) = torch.autograd.grad(before, batch.output)
    batch.output = batch.output - 1e-2 * gradient / gradient.norm()
    assert loss(batch) < before


@every_loss
def test_a_loss_has_a_head_for_every_kind_of_target_it_learns(loss: Loss) -> None:
    assert loss.target_kinds
    assert set(loss.target_kinds) <= {"class", "number"}
    assert loss.head.width(1) >= 1
    assert loss.head.kind != "logit" or loss.target_kinds == ("class",)


@every_additive_loss
def test_an_additive_loss_is_a_mean_over_rows(loss: Loss) -> None:
    output, target = drawn(loss)
    whole = loss(GivenRows(output, target).batch())
    torch.testing.assert_close(loss(GivenRows(output.repeat(3, 1), target.repeat(3, 1)).batch()), whole)
    rows = [loss(GivenRows(z[None], y[None]).batch()) for z, y in zip(output, target, strict=True)]
    torch.testing.assert_close(torch.stack(rows).mean(), whole)


@every_additive_loss
def test_a_row_of_weight_two_counts_like_two_rows_and_one_of_weight_nought_not_at_all(loss: Loss) -> None:
    output, target = drawn(loss, 5)
    weighed = loss(GivenRows(output, target, torch.tensor([2.0, 1, 1, 1, 0])).batch())
    places = [0, 0, 1, 2, 3]
    torch.testing.assert_close(weighed, loss(GivenRows(output[places], target[places]).batch()))


@every_additive_loss
def test_equal_weights_are_no_weights(loss: Loss) -> None:
    output, target = drawn(loss)
    equal = GivenRows(output, target, torch.full((len(output),), 3.0))
    torch.testing.assert_close(loss(equal.batch()), loss(GivenRows(output, target).batch()))


@every_loss_of_errors
@settings(max_examples=25, deadline=None)
@given(values=arrays(np.float32, 6, elements=FINITE), truths=arrays(np.float32, 6, elements=FINITE))
def test_a_loss_of_errors_is_never_negative(loss: Loss, values: np.ndarray, truths: np.ndarray) -> None:
    output = torch.from_numpy(values)[:, None].repeat(1, loss.head.width(1))
    target = torch.from_numpy(truths)[:, None]
    truth = (target > 0).float() if "class" in loss.target_kinds else target
    assert loss(GivenRows(output, truth).batch()) >= -1e-30  # the smallest floats are rounded


@every_loss_of_errors
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_loss_falls_as_the_prediction_nears_the_truth(loss: Loss, label: float) -> None:
    towards = torch.linspace(-2, 1, 7) if label else torch.linspace(3, 0, 7)
    outputs = towards[:, None].repeat(1, loss.head.width(1))
    values = [float(loss(GivenRows(z[None], torch.tensor([[label]])).batch())) for z in outputs]
    assert all(later < earlier for earlier, later in pairwise(values))


@every_loss_of_ours
def test_a_loss_gathers_nothing_but_what_it_reads(loss: Loss, batch_for: Callable[..., Batch]) -> None:
    """Rows that a fold trains on are gathered once a batch."""
    batch = batch_for(loss)
    loss(batch)
    reads = READS.get(loss.name, {"target", "weight"})
    assert reads >= {name for name in vars(batch) if not name.startswith("_")} - {"output", "unit"}
    assert {"forward_return", "volatility"} & set(vars(batch._targets)) == reads - {"target", "weight"}


@every_loss_of_ours
def test_a_gradient_equals_finite_differences(loss: Loss, batch_for: Callable[..., Batch]) -> None:
    batch = batch_for(loss)
    for name in ("target", "forward_return", "volatility"):
        setattr(batch._targets, name, getattr(batch._targets, name).double())

    def value(output: torch.Tensor) -> torch.Tensor:
        batch.output = output
        return loss(batch)

    assert torch.autograd.gradcheck(value, (batch.output.detach().double().requires_grad_(),))


@pytest.mark.parametrize(
    ("name", "of_torch"),
    [
        ("cross_entropy", F.binary_cross_entropy_with_logits),
        ("mse", F.mse_loss),
        ("mae", F.l1_loss),
        ("huber", F.huber_loss),
    ],
)
@pytest.mark.parametrize("n", [1, 7, 128, 250])
def test_losses_that_torch_has_are_torchs_to_the_last_bit(
    name: str, of_torch: Callable[..., torch.Tensor], n: int
) -> None:
    loss = LOSSES[name]()
    output, target = drawn(loss, n)
    found, expected = (output.clone().requires_grad_() for _ in range(2))
    value, theirs = loss(GivenRows(found, target).batch()), of_torch(expected.squeeze(1), target.squeeze(1))
    assert torch.equal(value, theirs)
    value.backward()
    theirs.backward()
    assert torch.equal(found.grad, expected.grad)


@pytest.mark.parametrize(
    ("name", "of_sklearn"),
    [("cross_entropy", log_loss), ("mse", mean_squared_error), ("mae", mean_absolute_error)],
)
def test_weighted_losses_are_those_of_scikit_learn(name: str, of_sklearn: Callable[..., float]) -> None:
    loss = LOSSES[name]()
    output, target = drawn(loss)
    weight = torch.rand(len(output), generator=torch.Generator().manual_seed(1)) + 0.1
    forecast = (output.sigmoid() if name == "cross_entropy" else output).double().numpy().ravel()
    expected = of_sklearn(target.numpy().ravel(), forecast, sample_weight=weight.numpy())
    assert float(loss(GivenRows(output, target, weight).batch())) == pytest.approx(expected, rel=1e-5)
