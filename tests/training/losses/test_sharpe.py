import numpy as np
import pytest
import torch
from tests.makers.panels import panel_of
from tests.training.losses.given import GivenRows

from trading_hpo.training.batch import Batch, PanelTensors
from trading_hpo.training.losses.sharpe import LEAST_VARIANCE, Sharpe

RUN = 6


def given(horizon: int = 1, n_runs: int = 4, seed: int = 0) -> GivenRows:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    n = RUN * n_runs
    volatility = 0.01 + 0.01 * torch.rand(n, generator=generator, dtype=torch.float64)
    return GivenRows(normal(n, 1), torch.zeros(n, 1), None, 0.02 * normal(n, horizon), volatility)


def by_hand(rows: GivenRows, cost_bps: float) -> float:
    """Row by row: the mean over the deviation of what the positions earn."""
    assert rows.forward_return is not None
    assert rows.volatility is not None
    position, horizon = np.tanh(rows.output.numpy().ravel()), rows.forward_return.shape[1]
    volatility, returns = rows.volatility.numpy(), rows.forward_return.numpy()
    earned = []
    for row in range(len(position)):
        gain = position[row] / volatility[row] * returns[row].mean()
        if row % RUN >= horizon:
            before = position[row - horizon] / volatility[row - horizon]
            gain -= cost_bps / 1e4 * abs(position[row] / volatility[row] - before) / horizon
        earned.append(gain)
    weight = None if rows.weight is None else rows.weight.numpy()
    mean = np.average(earned, weights=weight)
    return -mean / np.sqrt(np.average((np.array(earned) - mean) ** 2, weights=weight) + LEAST_VARIANCE)


@pytest.mark.parametrize("cost_bps", [0.0, 5.0, 80.0])
@pytest.mark.parametrize("horizon", [1, 3, RUN, RUN + 2])
def test_it_is_the_ratio_of_mean_and_deviation_after_costs(horizon: int, cost_bps: float) -> None:
    rows = given(horizon)
    found = Sharpe(sharpe_run_bars=RUN, sharpe_cost_bps=cost_bps)(rows.batch())
    assert float(found) == pytest.approx(by_hand(rows, cost_bps), rel=1e-9)


def test_two_rows_by_hand() -> None:
    """Positions of 1 at a volatility of 1 %, that earn 3 % and 1 %: 3 and 1 units, so 2 over 1."""
    rows = GivenRows(
        torch.full((2, 1), 50.0), torch.zeros(2, 1), None, torch.tensor([[0.03], [0.01]]), torch.full((2,), 0.01)
    )
    assert float(Sharpe(sharpe_run_bars=2)(rows.batch())) == pytest.approx(-2, rel=1e-5)


def test_costs_are_of_the_trades_within_a_run() -> None:
    """From long to short 2 / 0.01 = 200 units are traded, 2 at 100 basis points; from run to run nothing is."""
    output = torch.tensor([[50.0], [50.0], [-50.0], [-50.0]])
    rows = GivenRows(output, torch.zeros(4, 1), None, torch.tensor([[0.01], [0.01], [-0.01], [0.01]]))
    rows.volatility = torch.full((4,), 0.01)
    assert float(Sharpe(sharpe_run_bars=2, sharpe_cost_bps=100)(rows.batch())) == pytest.approx(-0.5 / np.sqrt(0.75))
    in_one = Sharpe(sharpe_run_bars=4, sharpe_cost_bps=100)(rows.batch())
    earned = np.array([1, 1, 1 - 2, -1])
    assert float(in_one) == pytest.approx(-earned.mean() / earned.std(), abs=1e-6)


def test_weights_count_rows() -> None:
    rows = given()
    rows.weight = torch.arange(len(rows.output), dtype=torch.float64) % 3
    found = Sharpe(sharpe_run_bars=RUN, sharpe_cost_bps=10)(rows.batch())
    assert float(found) == pytest.approx(by_hand(rows, 10), rel=1e-9)


@pytest.mark.parametrize("horizon", [1, 2])
def test_its_gradient_with_costs_equals_finite_differences(horizon: int) -> None:
    rows, loss = given(horizon), Sharpe(sharpe_run_bars=RUN, sharpe_cost_bps=20)

    def value(output: torch.Tensor) -> torch.Tensor:
        rows.output = output
        return loss(rows.batch())

    assert torch.autograd.gradcheck(value, (rows.output.requires_grad_(),))


def test_volatility_in_other_units_changes_nothing() -> None:
    """The target volatility of the paper cancels: all volatilities times a constant give the same ratio."""
    rows, loss = given(), Sharpe(sharpe_run_bars=RUN, sharpe_cost_bps=10)
    before = float(loss(rows.batch()))
    assert rows.volatility is not None
    rows.volatility = rows.volatility / 4
    assert float(loss(rows.batch())) == pytest.approx(before, rel=1e-4)


@pytest.mark.parametrize("output", [0.0, 0.3, 50.0])
@pytest.mark.parametrize("returns", [0.0, 0.01, -0.01])
@pytest.mark.parametrize("cost_bps", [0.0, 5.0])
def test_no_variance_gives_a_finite_value_and_gradient(output: float, returns: float, cost_bps: float) -> None:
    raw = torch.full((2 * RUN, 1), output, requires_grad=True)
    rows = GivenRows(raw, torch.zeros(2 * RUN, 1), None, torch.full((2 * RUN, 1), returns))
    rows.volatility = torch.full((2 * RUN,), 0.01)
    value = Sharpe(sharpe_run_bars=RUN, sharpe_cost_bps=cost_bps)(rows.batch())
    (gradient,) = torch.autograd.grad(value, raw)
    assert value.isfinite()
    assert gradient.isfinite().all()


@pytest.mark.parametrize("still", [False, True])
def test_rows_without_a_known_volatility_or_with_a_still_price_give_a_finite_value_and_gradient(still: bool) -> None:
    """Runs that begin with the first bar of an asset, at which no return is known."""
    panel = panel_of(n_assets=2, n_bars=3 * RUN, seed=0)
    if still:
        panel.forward_return[:] = 0
    rows = torch.cat([torch.arange(RUN), 3 * RUN + torch.arange(RUN)])
    output = torch.randn(2 * RUN, 1, generator=torch.Generator().manual_seed(0)).requires_grad_()
    batch = Batch(output, rows, PanelTensors(panel, np.array([0.02])))
    value = Sharpe(sharpe_run_bars=RUN, sharpe_cost_bps=5)(batch)
    (gradient,) = torch.autograd.grad(value, output)
    assert float(batch.volatility[0]) == 1
    assert value.isfinite()
    assert gradient.isfinite().all()
    assert gradient.abs().max() < 100


def test_descending_it_finds_positions_that_are_better_than_full_ones_of_the_right_sign() -> None:
    rows, loss = given(n_runs=20), Sharpe(sharpe_run_bars=RUN)
    assert rows.forward_return is not None
    rows.output = 50 * torch.sign(rows.forward_return)
    full = float(loss(rows.batch()))
    rows.output = torch.zeros_like(rows.output, requires_grad=True)
    optimizer = torch.optim.Adam([rows.output], lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        loss(rows.batch()).backward()
        optimizer.step()
    assert (torch.sign(rows.output.detach()) == torch.sign(rows.forward_return)).double().mean() > 0.95
    assert float(loss(rows.batch()).detach()) < 1.2 * full < -1
