"""Returns against accounts that hold shares and cash."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trading_hpo.backtest.returns import buy_and_hold_returns, net_returns
from trading_hpo.metrics.trading import max_drawdown

laws = settings(deadline=None, max_examples=100)
COSTS = st.sampled_from([0.0, 5.0, 100.0])


@st.composite
def markets(draw):
    """Draw weights of at most the whole capital, on both sides, and what the assets did next."""
    shape = draw(st.integers(1, 20)), draw(st.integers(1, 4))
    raw = draw(arrays(float, shape, elements=st.floats(-1, 1, allow_subnormal=False)))
    moves = draw(arrays(float, shape, elements=st.floats(-0.5, 0.5, allow_subnormal=False)))
    return raw / np.maximum(1, np.abs(raw).sum(axis=1, keepdims=True)), moves


def account(weights, moves, cost_bps):
    """Trade whole accounts bar by bar: shares, cash, prices; costs are paid from what is left to invest."""
    prices = np.vstack([np.full(moves.shape[1], 100.0), 100 * np.cumprod(1 + moves, axis=0)])
    shares, cash, returns, turnover = np.zeros(moves.shape[1]), 1.0, [], []
    for bar in range(len(weights)):
        wealth = cash + shares @ prices[bar]
        traded = np.abs(weights[bar] * wealth - shares * prices[bar]).sum()
        invested = wealth - traded * cost_bps / 1e4
        shares = weights[bar] * invested / prices[bar]
        cash = invested - shares @ prices[bar]
        returns.append((cash + shares @ prices[bar + 1]) / wealth - 1)
        turnover.append(traded / wealth)
    return np.array(returns), np.array(turnover)


@laws
@given(markets(), COSTS)
def test_returns_and_turnover_are_those_of_an_account_of_shares_and_cash(market, cost_bps):
    returns, turnover, _ = net_returns(*market, cost_bps)
    slow_returns, slow_turnover = account(*market, cost_bps)
    np.testing.assert_allclose(returns, slow_returns, atol=1e-12)
    np.testing.assert_allclose(turnover, slow_turnover, atol=1e-12)


@st.composite
def halting_markets(draw):
    """Draw weights, own bars, and returns that an asset earns on the bar before its next own one."""
    weights, moves = draw(markets())
    own = draw(arrays(bool, moves.shape, elements=st.sampled_from([True, True, False])))
    next_is_own = np.vstack([own[1:], np.ones((1, own.shape[1]), dtype=bool)])
    first = np.maximum.accumulate(own, axis=0)  # nothing moves before the first own bar
    return weights, np.where(next_is_own & first, moves, 0.0), own


def account_with_halts(weights, moves, own, cost_bps):
    """Hold shares and cash bar by bar; only what has a bar is traded, with no more than the rest of the capital."""
    n_assets = moves.shape[1]
    price, shares, cash = np.full(n_assets, 100.0), np.zeros(n_assets), 1.0
    returns, turnover = [], []
    for bar in range(len(weights)):
        worth = shares * price
        wealth = cash + worth.sum()
        bound = sum(abs(worth[asset]) for asset in range(n_assets) if not own[bar, asset]) / wealth
        asked = sum(abs(weights[bar, asset]) for asset in range(n_assets) if own[bar, asset])
        scale = max(1 - bound, 0) / asked if asked > max(1 - bound, 0) else 1.0
        goal = [scale * weights[bar, asset] for asset in range(n_assets)]
        traded = sum(abs(goal[asset] * wealth - worth[asset]) for asset in range(n_assets) if own[bar, asset])
        costs = traded * cost_bps / 1e4
        for asset in range(n_assets):
            if own[bar, asset]:
                shares[asset] = goal[asset] * (wealth - costs) / price[asset]
        cash = wealth - costs - shares @ price
        price = price * (1 + moves[bar])
        returns.append((cash + shares @ price) / wealth - 1)
        turnover.append(traded / wealth)
        if returns[-1] <= -1:
            break
    missing = len(weights) - len(returns)
    return np.array([*returns, *[0.0] * missing]).clip(-1), np.array([*turnover, *[0.0] * missing])


@laws
@given(halting_markets(), COSTS)
def test_what_cannot_be_traded_keeps_its_shares(market, cost_bps):
    weights, moves, own = market
    returns, turnover, _ = net_returns(weights, moves, cost_bps, own)
    slow_returns, slow_turnover = account_with_halts(weights, moves, own, cost_bps)
    np.testing.assert_allclose(returns, slow_returns, atol=1e-9)
    np.testing.assert_allclose(turnover, slow_turnover, atol=1e-9)


@laws
@given(markets(), COSTS)
def test_where_all_can_be_traded_both_ways_agree(market, cost_bps):
    every = np.ones(market[0].shape, dtype=bool)
    one_more = [np.vstack([part, np.zeros((1, part.shape[1]))]) for part in market]
    halted = np.vstack([every, ~every[:1]])  # the last bar makes it go bar by bar
    for fast, slow in zip(net_returns(*market, cost_bps), net_returns(*one_more, cost_bps, halted), strict=True):
        np.testing.assert_allclose(fast, slow[:-1], atol=1e-12)


@laws
@given(markets(), COSTS)
def test_without_a_position_nothing_is_earned_or_paid(market, cost_bps):
    returns, turnover, _ = net_returns(np.zeros_like(market[1]), market[1], cost_bps)
    assert (returns == 0).all()
    assert (turnover == 0).all()


@laws
@given(markets(), st.floats(0, 200), st.floats(0, 200))
def test_higher_costs_never_help_on_any_bar(market, one, other):
    dear, cheap = (net_returns(*market, cost)[0] for cost in (max(one, other), min(one, other)))
    assert (dear <= cheap + 1e-15).all()


@laws
@given(markets())
def test_a_single_asset_held_with_all_capital_earns_its_return_and_trades_once(market):
    moves = market[1][:, :1]
    returns, turnover, _ = net_returns(np.ones_like(moves), moves, 5.0)
    np.testing.assert_allclose(returns[1:], moves[1:, 0], atol=1e-12)
    assert returns[0] == pytest.approx((1 - 5e-4) * (1 + moves[0, 0]) - 1, abs=1e-12)
    np.testing.assert_allclose(turnover, [1] + [0] * (len(moves) - 1), atol=1e-12)


@laws
@given(markets(), COSTS, st.data())
def test_moves_and_weights_after_a_bar_do_not_change_its_return(market, cost_bps, data):
    weights, moves = market
    bar = data.draw(st.integers(0, len(moves) - 1))
    later_weights, later_moves = weights.copy(), moves.copy()
    later_weights[bar + 1 :], later_moves[bar + 1 :] = 0.0, 0.3
    for before, after in zip(
        net_returns(weights, moves, cost_bps), net_returns(later_weights, later_moves, cost_bps), strict=True
    ):
        assert before[: bar + 1].tobytes() == after[: bar + 1].tobytes()


def test_costs_are_paid_on_what_drifted_as_on_what_was_decided():
    weights = np.array([[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]])
    moves = np.array([[0.2, 0.0], [0.0, 0.0], [0.0, 0.0]])
    returns, turnover, _ = net_returns(weights, moves, cost_bps=100)
    # The first asset grew to 0.6 of 1.1: 1/22 is sold, 1/22 bought; then everything is sold.
    np.testing.assert_allclose(turnover, [1, 1 / 11, 1])
    np.testing.assert_allclose(returns, [0.99 * 1.1 - 1, -0.01 / 11, -0.01])


@pytest.mark.parametrize("tradable", [None, np.array([[True], [True], [True], [False]])], ids=["all", "halts"])
@pytest.mark.parametrize("move", [1.0, 1.5, 7.0])
def test_a_short_sale_that_loses_everything_is_the_last_trade(move, tradable):
    weights = np.array([[-1.0], [-1.0], [1.0], [-1.0]])
    moves = np.array([[0.1], [move], [0.5], [3.0]])
    returns, turnover, exposure = net_returns(weights, moves, 0.0, tradable)
    np.testing.assert_allclose(returns, [-0.1, -1, 0, 0])
    assert turnover[0] == 1
    assert (turnover[2:] == 0).all()
    assert exposure.tolist() == [-1, -1, 0, 0]
    assert max_drawdown(returns) == 1.0


def test_exposure_is_what_is_held_long_less_what_is_sold_short():
    weights, moves = np.array([[0.4, -0.6], [0.2, -0.4]]), np.zeros((2, 2))
    *_, exposure = net_returns(weights, moves, 5.0)
    np.testing.assert_allclose(exposure, [-0.2, -0.2])
    own = np.array([[True, True], [False, True]])
    *_, exposure = net_returns(weights, moves, 0.0, own)
    np.testing.assert_allclose(exposure, [-0.2, 0.4 - 0.4])  # the first asset is kept
    *_, exposure = net_returns(weights, moves, 0.0, ~own)
    np.testing.assert_allclose(exposure, [0, 0.2])


def test_a_worthless_asset_takes_what_was_invested_and_no_more():
    weights, moves = np.array([[0.4, 0.6], [0.4, 0.6]]), np.array([[-1.0, 0.0], [0.0, 0.1]])
    returns, *_ = net_returns(weights, moves, cost_bps=0.0)
    np.testing.assert_allclose(returns, [-0.4, 0.06])


def test_no_bars_give_no_returns():
    returns, turnover, _ = net_returns(np.zeros((0, 2)), np.zeros((0, 2)), 5.0)
    assert len(returns) == len(turnover) == 0
    assert len(buy_and_hold_returns(np.zeros((0, 2)), EVERY[:2], 5.0)) == 0


# Buy and hold

EVERY = np.ones(20, dtype=bool)


def hold(moves, cost_bps):
    """Buy equal amounts, then only count shares times prices."""
    prices = np.vstack([np.full(moves.shape[1], 100.0), 100 * np.cumprod(1 + moves, axis=0)])
    invested = 1 - cost_bps / 1e4
    shares = invested / moves.shape[1] / prices[0]
    wealth = [1.0, *(float(shares @ price) for price in prices[1:])]
    return np.array(wealth[1:]) / np.array(wealth[:-1]) - 1


@laws
@given(markets(), COSTS)
def test_buy_and_hold_is_worth_its_shares_at_every_close(market, cost_bps):
    np.testing.assert_allclose(
        buy_and_hold_returns(market[1], EVERY[: market[1].shape[1]], cost_bps), hold(market[1], cost_bps), atol=1e-12
    )


@laws
@given(markets(), COSTS)
def test_buying_and_holding_one_asset_is_being_fully_invested_in_it(market, cost_bps):
    moves = market[1][:, :1]
    returns, *_ = net_returns(np.ones_like(moves), moves, cost_bps)
    np.testing.assert_allclose(buy_and_hold_returns(moves, EVERY[:1], cost_bps), returns, atol=1e-12)


def test_buy_and_hold_lets_the_winner_grow():
    moves = np.array([[1.0, 0.0], [1.0, 0.0]])
    # 1/2 grows to 1, then to 2, beside a steady 1/2: never rebalanced.
    np.testing.assert_allclose(buy_and_hold_returns(moves, EVERY[:2], 0.0), [0.5, 1.0 / 1.5])


def test_an_asset_that_is_not_there_at_the_first_close_is_not_bought_and_not_waited_for():
    moves = np.array([[0.1, 0.0], [0.1, 0.5]])
    np.testing.assert_allclose(buy_and_hold_returns(moves, np.array([True, False]), 0.0), [0.1, 0.1])
