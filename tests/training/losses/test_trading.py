import numpy as np
import pytest
import torch
from pydantic import ValidationError
from tests.makers.panels import panel_of
from tests.training.losses.given import GivenRows

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.judgement import judge
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.training.losses.trading import Trading


def gmadl(output: torch.Tensor, target: torch.Tensor, a: float = 1.0, b: float = 1.0) -> torch.Tensor:
    return Trading(trading_a=a, trading_b=b)(GivenRows(output, target).batch())


@pytest.mark.parametrize("a", [0.1, 1.0, 50.0])
@pytest.mark.parametrize("b", [0.0, 1.0, 2.5])
def test_it_is_that_of_the_paper(a: float, b: float) -> None:
    rng = np.random.default_rng(0)
    returns, forecasts = rng.normal(size=(2, 60, 2))
    expected = np.mean(-(1 / (1 + np.exp(-a * returns * forecasts)) - 0.5) * np.abs(returns) ** b)
    found = gmadl(torch.from_numpy(forecasts), torch.from_numpy(returns), a, b)
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_the_authors_a_times_the_square_of_the_unit_is_ours() -> None:
    rng = np.random.default_rng(0)
    returns, forecasts = 0.02 * rng.normal(size=(2, 60, 1))
    expected = np.mean(-(1 / (1 + np.exp(-1000 * returns * forecasts)) - 0.5) * np.abs(returns))
    found = gmadl(torch.from_numpy(forecasts / 0.02), torch.from_numpy(returns / 0.02), a=1000 * 0.02**2)
    assert float(found) * 0.02 == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("forecast", "cost"), [(1e6, -1.0), (-1e6, 1.0), (0.0, 0.0)])
def test_a_large_forecast_wins_or_loses_half_of_the_return(forecast: float, cost: float) -> None:
    for sign in (-1, 1):
        value = gmadl(torch.tensor([[sign * forecast]]), torch.tensor([[sign * 2.0]]))
        assert float(value) == pytest.approx(cost)


def test_it_is_half_of_what_trading_the_sign_of_the_forecast_loses() -> None:
    panel = panel_of(1, 60, seed=0, label={"kind": "forward_return", "horizon_bars": 1})
    rows, score = np.arange(59), np.random.default_rng(1).normal(size=59)
    backtest = BacktestConfig(positions="as_forecast", cost_bps=0.0)
    net = judge(panel, rows, Forecast(score, values=score[:, None]), Decision(0.0), backtest).returns
    output, target = torch.from_numpy(1e6 * score[:, None]), torch.from_numpy(panel.forward_return[rows].astype("f8"))
    assert float(gmadl(output, target, a=1e6)) == pytest.approx(-net.mean() / 2, rel=1e-6)


def test_a_small_agreement_keeps_its_digits() -> None:
    """a r r^ / 4 |r|, a number that 1/2 + x - 1/2 would round to 0."""
    assert float(gmadl(torch.tensor([[1e-9]]), torch.tensor([[1.0]]))) == pytest.approx(-2.5e-10)


@pytest.mark.parametrize("changed", [{"trading_a": 0}, {"trading_b": -1}])
def test_it_would_reward_the_wrong_sign_or_small_returns(changed: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Trading(**changed)
