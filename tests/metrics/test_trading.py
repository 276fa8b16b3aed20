"""Numbers drawn from returns: by hand, by laws, and against formulas written down once more with pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from trading_hpo.metrics.metric import FEWER_THAN_2_BARS, NO_BARS, NO_VARIANCE, NOTHING_TRADED, NoValue, Returns
from trading_hpo.metrics.trading import TRADING_METRICS, longest_run, max_drawdown, sharpe, trading_metrics

laws = settings(deadline=None, max_examples=100)
SERIES = arrays(float, st.integers(1, 40), elements=st.floats(-0.25, 0.25, width=16).map(lambda move: round(move, 3)))


def metrics_of(net, turnover=None, per_year=252.0, exposure=None):
    return trading_metrics(Returns(np.array(net, dtype=float), per_year, turnover, exposure))


def test_sharpe_of_a_hand_example():
    # Mean 0.01, deviations -0.02, 0, 0.02: spread 0.02 with ddof 1.
    assert sharpe(np.array([-0.01, 0.01, 0.03]), 1) == pytest.approx(0.5)


@laws
@given(arrays(float, st.integers(3, 30), elements=st.floats(-0.5, 0.5)), st.sampled_from([12, 252, 8760]))
def test_sharpe_grows_with_the_square_root_of_the_bars_per_year(returns, bars_per_year):
    once, annual = sharpe(returns, 1), sharpe(returns, bars_per_year)
    if isinstance(once, NoValue):
        assert annual == once
    else:
        assert annual == pytest.approx(once * np.sqrt(bars_per_year))


@pytest.mark.parametrize(
    ("returns", "why"),
    [
        ([], FEWER_THAN_2_BARS),
        ([0.01], FEWER_THAN_2_BARS),
        ([0.0, 0.0], NO_VARIANCE),
        ([0.01] * 7, NO_VARIANCE),
        ([0.1] * 1000, NO_VARIANCE),
        ([-0.3] * 3, NO_VARIANCE),
        ((np.full(500, 1.1) / 1.1 * 0.07).tolist(), NO_VARIANCE),
    ],
)
def test_without_variance_there_is_no_sharpe(returns, why):
    assert sharpe(np.array(returns, dtype=float), 252) == why


def test_small_but_real_variance_has_a_sharpe():
    assert sharpe(np.array([1e-6, 3e-6]), 1) == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize(
    ("returns", "expected"),
    [
        ([], 0.0),
        ([0.1, 0.2], 0.0),
        ([-0.1], 0.1),  # the start counts as a peak
        ([0.1, -0.5, 0.2], 0.5),
        ([-0.5, 1.0, -0.25], 0.5),
        ([-0.2, -0.5, 3.0], 0.6),
        ([1.0, -0.5, 1.0, -0.6], 0.6),
        ([-1.0, 0.0], 1.0),
    ],
)
def test_max_drawdown_of_hand_examples(returns, expected):
    assert max_drawdown(np.array(returns, dtype=float)) == pytest.approx(expected)


@laws
@given(arrays(float, st.integers(1, 30), elements=st.floats(-0.9, 0.9)))
def test_max_drawdown_is_the_worst_of_all_pairs_of_bars(returns):
    wealth = [1.0, *np.cumprod(1 + returns)]
    worst = max(1 - wealth[later] / wealth[peak] for peak in range(len(wealth)) for later in range(peak, len(wealth)))
    assert max_drawdown(returns) == pytest.approx(worst)


def test_trading_metrics_of_a_hand_example():
    found = metrics_of([0.1, -0.1, 0.0, 0.2], np.array([1.0, 0.0, 0.5, 0.5]), 4, np.array([1.0, 0.0, -1.0, 0.5]))
    assert tuple(found) == tuple(TRADING_METRICS)
    assert found["total_return"] == pytest.approx(1.1 * 0.9 * 1.2 - 1)
    assert found["annual_return"] == pytest.approx(1.1 * 0.9 * 1.2 - 1)  # four bars are a year
    assert found["max_drawdown"] == pytest.approx(0.1)
    assert found["calmar"] == pytest.approx(found["annual_return"] / 0.1)
    assert found["longest_drawdown_bars"] == 2.0
    assert found["turnover"] == pytest.approx(2.0)  # a half per bar, four bars a year
    assert found["win_rate"] == 0.5
    assert found["profit_factor"] == pytest.approx(0.3 / 0.1)
    assert found["payoff"] == pytest.approx(0.15 / 0.1)
    assert found["volatility"] == pytest.approx(2 * np.std([0.1, -0.1, 0.0, 0.2], ddof=1))
    assert found["sharpe"] == pytest.approx(4 * 0.05 / found["volatility"])
    assert found["sortino"] == pytest.approx(0.05 / np.sqrt(0.01 / 4) * 2)
    assert found["exposure"] == 0.125


def test_bars_on_which_nothing_is_held_are_no_losses():
    net, none = np.array([0.1, 0.0, 0.0, -0.1, 0.2, 0.0]), np.zeros(6)
    held, traded = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    assert metrics_of(net, none, exposure=held)["win_rate"] == 2 / 4  # a bar that is held earns nothing: no gain
    assert metrics_of(net, none, exposure=none)["win_rate"] == 2 / 3  # longs and shorts of one size
    assert metrics_of(none, traded, exposure=none)["win_rate"] == 0.0
    assert metrics_of(none, none, exposure=none)["win_rate"] == NOTHING_TRADED
    assert metrics_of(none, exposure=none)["win_rate"] == NOTHING_TRADED
    assert metrics_of(net)["win_rate"] == 2 / 6  # not known


def twin(net, per_year):
    """The same in the words of empyrical and pandas."""
    series = pd.Series(net)
    wealth = pd.concat([pd.Series([1.0]), (1 + series).cumprod()], ignore_index=True)
    under = (wealth < wealth.cummax())[1:]
    runs = under.groupby((~under).cumsum()).sum()
    deepest = (1 - wealth / wealth.cummax()).max()
    yearly = wealth.iloc[-1] ** (per_year / len(series)) - 1
    up, down = series[series > 0], series[series < 0]
    downside = np.sqrt((series.clip(upper=0) ** 2).mean())
    return {
        "sharpe": series.mean() / series.std() * per_year**0.5,
        "max_drawdown": deepest,
        "total_return": wealth.iloc[-1] - 1,
        "annual_return": yearly,
        "volatility": series.std() * per_year**0.5,
        "win_rate": (series > 0).mean(),
        "profit_factor": up.sum() / -down.sum(),
        "payoff": up.mean() / -down.mean(),
        "sortino": series.mean() / downside * per_year**0.5,
        "calmar": yearly / deepest,
        "longest_drawdown_bars": runs.max(),
        "tail_ratio": series.quantile(0.95) / abs(series.quantile(0.05)),
    }


@laws
@given(SERIES, st.sampled_from([12.0, 252.0]))
def test_trading_metrics_are_those_of_a_second_set_of_formulas(net, per_year):
    with np.errstate(all="ignore"):
        expected = twin(net, per_year)
    found = metrics_of(net, per_year=per_year)
    for name, value in expected.items():
        if not isinstance(found[name], NoValue):
            assert found[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name
        elif name == "sharpe":
            assert not expected["volatility"] > 1e-10
        else:  # 0 / 0, x / 0, or the mean of nothing
            assert not np.isfinite(value), name


@laws
@given(SERIES)
def test_every_trading_metric_is_within_its_bounds_or_says_why_not(net):
    found = metrics_of(net, np.ones(len(net)), exposure=np.full(len(net), 0.5))
    numbers = {name: value for name, value in found.items() if not isinstance(value, NoValue)}
    assert tuple(found) == tuple(TRADING_METRICS)
    assert all(type(value) is float and np.isfinite(value) for value in numbers.values())
    assert {"max_drawdown", "total_return", "win_rate", "longest_drawdown_bars", "exposure"} <= numbers.keys()
    assert 0 <= found["max_drawdown"] <= 1
    assert 0 <= found["win_rate"] <= 1
    assert 0 <= found["longest_drawdown_bars"] <= len(net)
    assert all(numbers.get(name, 0) >= 0 for name in ("volatility", "profit_factor", "payoff"))
    assert (found["longest_drawdown_bars"] > 0) == (found["max_drawdown"] > 0)


@laws
@given(SERIES)
def test_the_order_of_the_bars_matters_to_drawdowns_alone(net):
    one, other = metrics_of(net), metrics_of(net[::-1])
    for name in set(one) - {"max_drawdown", "longest_drawdown_bars", "calmar"}:
        assert other[name] == (
            one[name] if isinstance(one[name], NoValue) else pytest.approx(one[name], rel=1e-6, abs=1e-9)
        )


@given(st.lists(st.booleans(), max_size=30))
def test_the_longest_run_is_the_longest_word_between_blanks(inside):
    text = "".join("x" if own else " " for own in inside)
    assert longest_run(np.array(inside, dtype=bool)) == max(map(len, text.split(" ")))


@pytest.mark.parametrize(
    ("net", "why"),
    [
        ([0.1, 0.2], {"profit_factor": "no bar loses", "payoff": "no bar loses", "sortino": "no bar loses"}),
        ([0.001, 0.002], {"calmar": "there is no drawdown"}),
        ([-0.1, -0.2], {"payoff": "no bar gains"}),
        ([0.0] * 50 + [0.1, -0.1], {"tail_ratio": "the 5th percentile is 0"}),
        ([0.0, 0.0], {"payoff": "no bar loses", "sharpe": "no variance of returns"}),
        ([0.9, -0.1], {"annual_return": "too few bars for a year", "calmar": "too few bars for a year"}),
    ],
)
def test_a_ratio_to_what_is_not_there_says_so(net, why):
    found = metrics_of(net, per_year=8760.0)
    assert {name: found[name] for name in why} == {name: NoValue(reason) for name, reason in why.items()}
    assert metrics_of([-0.1, -0.2])["profit_factor"] == 0.0


def test_trading_metrics_of_no_bars_are_absent_not_infinite():
    found = metrics_of([], np.array([]))
    assert tuple(found) == tuple(TRADING_METRICS)
    sums = {"total_return", "turnover", "max_drawdown", "longest_drawdown_bars"}
    assert {found.pop(name) for name in sums} == {0.0}
    assert set(found.values()) == {NO_BARS}


def test_what_never_trades_has_lost_nothing_and_has_neither_ratios_nor_wins():
    found = metrics_of(np.zeros(5), np.zeros(5))
    ratios = ("sharpe", "win_rate", "profit_factor", "payoff", "sortino", "calmar", "tail_ratio")
    assert {name for name, value in found.items() if value == NOTHING_TRADED} == set(ratios)
    assert {found[name] for name in ("max_drawdown", "total_return", "volatility", "turnover")} == {0.0}
    held = metrics_of(np.zeros(5))  # such as buy-and-hold, whose first purchase is not counted
    assert (held["sharpe"], held["win_rate"]) == (NO_VARIANCE, 0.0)
    once = metrics_of(np.zeros(5), np.array([0.0, 1.0, 0.0, 0.0, 0.0]))
    assert (once["sharpe"], once["win_rate"]) == (NO_VARIANCE, 0.0)


def test_of_one_bar_that_is_not_traded_the_sharpe_lacks_bars_first():
    found = metrics_of(np.zeros(1), np.zeros(1))
    assert (found["sharpe"], found["win_rate"]) == (FEWER_THAN_2_BARS, NOTHING_TRADED)


def test_some_of_the_bars_keep_what_was_held_on_them():
    all_bars = Returns(np.arange(4.0), 252.0, np.arange(4.0) + 1, np.arange(4.0) + 2, np.array([0, 0, 1, 1]))
    some = all_bars.at(np.array([3, 0, 3]))
    parts = (some.net, some.turnover, some.exposure, some.span)
    assert [part.tolist() for part in parts] == [[3, 0, 3], [4, 1, 4], [5, 2, 5], [1, 0, 1]]
    assert Returns(np.arange(4.0), 252.0).at(np.array([1])).exposure is None
