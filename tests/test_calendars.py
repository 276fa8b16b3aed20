"""From bars to returns where assets do not share their bars: no asset vanishes, and nothing of the future is known."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.makers.calendars import CALENDARS, bars_of
from tests.test_leakage import moved, with_another_future

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.judgement import buy_and_hold, constant_forecast, judge
from trading_hpo.market.bars import clean_bars
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import ROLES, Split, build_split
from trading_hpo.splits.samples import check_samples, sample_counts
from trading_hpo.study.trial_returns import Traded, active_returns, series_by_path
from trading_hpo.study.validation import constant_series, fold_rows
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import label_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.training.windows import Windows
from trading_hpo.types import Panel

L = 10
SCHEMES = {"walk_forward": 3, "blocked": 2, "purged_kfold": 3, "combinatorial": 15}  # folds of each
FEATURES = ("return_1", "return_5", "bar_range", "volatility_5")
every_calendar = pytest.mark.parametrize("calendar", CALENDARS)


def assembled(bars: pd.DataFrame, max_missing: int, horizon: int, scheme: str) -> tuple[Panel, Split]:
    """Bars -> panel and folds, as data engineering does."""
    bars = clean_bars(bars, "all", SourcesConfig(max_missing_bars=max_missing))
    labels = LabelsConfig(horizon_bars=horizon)
    features = build_features(bars, FeaturesConfig(names=FEATURES))
    panel = build_panel(features, build_labels(bars, labels), label_of(labels.task), 252.0)
    return panel, build_split(panel, FoldsConfig(scheme=scheme, n_folds=SCHEMES[scheme]), HoldoutConfig())


@cache
def bars_on(calendar: str) -> pd.DataFrame:
    return bars_of(CALENDARS[calendar][0]())


@cache
def world(calendar: str, horizon: int = 1, scheme: str = "walk_forward") -> tuple[Panel, Split]:
    return assembled(bars_on(calendar), CALENDARS[calendar][1], horizon, scheme)


@every_calendar
@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_asset_has_samples_wherever_it_has_bars(calendar: str, horizon: int, scheme: str) -> None:
    panel, split = world(calendar, horizon, scheme)
    check_samples(panel, split, L)
    counts = sample_counts(panel, split, L).pivot_table(index="asset", columns=["fold", "role"], values="samples")
    bars = {(fold.number, role): fold.role(role) for fold in split.folds for role in ROLES}
    bars[-1, "holdout"] = (split.holdout,)
    for (fold, role), ranges in bars.items():
        for number, asset in enumerate(panel.assets):
            own = panel.bar[(panel.asset == number) & panel.labelled & (panel.place >= L + 4)]
            inside = sum(int(((own >= part.start) & (own < part.stop)).sum()) for part in ranges)
            # Purging takes no more than what of an asset's labels reaches over an edge.
            assert inside - horizon * len(ranges) <= counts.loc[asset, (fold, role)] <= inside


@every_calendar
def test_a_window_holds_the_last_bars_of_its_own_asset(calendar: str) -> None:
    panel, split = world(calendar)
    rows = split.search_rows(panel, L)
    features = build_features(bars_on(calendar), FeaturesConfig(names=FEATURES)).dropna()
    own = {asset: table.set_index("timestamp")[list(FEATURES)] for asset, table in features.groupby("asset")}
    for row in np.random.default_rng(0).choice(rows, 40):
        windows, asset = Windows(panel, L).batch(np_to_torch(np.array([row])))
        table = own[panel.assets[int(asset)]]
        np.testing.assert_array_equal(windows[0].numpy(), table[: panel.timestamps[panel.bar[row]]].tail(L).to_numpy())


def np_to_torch(values: np.ndarray):
    import torch

    return torch.from_numpy(values)


@every_calendar
@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("cost_bps", [0.0, 20.0])
def test_a_portfolio_is_worth_its_shares_and_its_cash(calendar: str, horizon: int, cost_bps: float) -> None:
    panel, split = world(calendar, horizon)
    rows = panel.windowed_rows(split.folds[1].validation, L)
    score = np.random.default_rng(1).normal(size=len(rows))
    config = BacktestConfig(cost_bps=cost_bps, positions="long_short")
    judged = judge(panel, rows, Forecast(score), Decision(0.0), config)
    called = dict(zip(zip(panel.asset[rows], panel.bar[rows], strict=True), np.sign(score), strict=True))
    expected = account(panel, prices_of(panel, calendar), called, judged.bars, horizon, cost_bps)
    assert np.diff(judged.bars).max() == 1
    np.testing.assert_allclose(judged.returns, expected, atol=1e-6)  # the panel's returns are in single precision
    exact = exact_returns(panel, calendar)
    judged = judge(exact, rows, Forecast(score), Decision(0.0), config)
    np.testing.assert_allclose(judged.returns, expected, atol=1e-9)


def prices_of(panel: Panel, calendar: str) -> pd.DataFrame:
    """Closes by bar and asset; missing where an asset has no bar."""
    closes = bars_on(calendar).pivot_table(index="timestamp", columns="asset", values="close")
    return closes.reindex(index=panel.timestamps, columns=list(panel.assets))


def exact_returns(panel: Panel, calendar: str) -> Panel:
    """The panel with its one-bar returns in double precision."""
    closes = prices_of(panel, calendar)
    forward = np.zeros((panel.n_rows, panel.horizon_bars))
    for number, asset in enumerate(panel.assets):
        own = panel.asset == number
        moves = closes[asset].dropna().pct_change(fill_method=None).shift(-1).fillna(0.0).to_numpy()
        forward[own, 0] = moves
    return replace(panel, forward_return=forward)


def account(
    panel: Panel,
    closes: pd.DataFrame,
    called: dict[tuple[int, int], float],
    bars: np.ndarray,
    horizon: int,
    cost_bps: float,
) -> np.ndarray:
    """Hold shares and cash, bar by bar and asset by asset; an asset is worth its last close until its next one."""
    n_assets, own = panel.n_assets, closes.notna().to_numpy()
    price = closes.ffill().to_numpy()
    alive = closes.ffill().notna().to_numpy() & closes.bfill().notna().to_numpy()
    judged = [asset for asset in range(n_assets) if any((asset, bar) in called for bar in bars)]
    shares, cash, returns = np.zeros(n_assets), 1.0, []
    calls: dict[int, list[float | None]] = {asset: [] for asset in judged}
    for bar in bars:
        now = np.nan_to_num(price[bar])
        wealth = cash + shares @ now
        sharing = int(alive[bar].sum())
        goal: dict[int, float] = {}
        for asset in judged:
            if own[bar, asset]:
                calls[asset].append(called.get((asset, bar)))
                lately = [call for call in calls[asset][-horizon:] if call is not None]
                goal[asset] = np.mean(lately) / sharing if calls[asset][-1] is not None else 0.0
        left = max(1 - sum(abs(shares[asset] * now[asset]) / wealth for asset in judged if asset not in goal), 0.0)
        asked = sum(map(abs, goal.values()))
        if asked > left:
            goal = {asset: part * left / asked for asset, part in goal.items()}
        traded = sum(abs(part * wealth - shares[asset] * now[asset]) for asset, part in goal.items())
        costs = traded * cost_bps / 1e4
        for asset, part in goal.items():
            shares[asset] = part * (wealth - costs) / now[asset]
        cash = wealth - costs - shares @ now
        later = np.nan_to_num(price[min(bar + 1, len(price) - 1)])
        returns.append((cash + shares @ later) / wealth - 1)
    return np.array(returns)


@every_calendar
@pytest.mark.parametrize("horizon", [1, 5])
def test_the_constant_forecast_has_no_active_return(calendar: str, horizon: int) -> None:
    panel, split = world(calendar, horizon)
    rows, config = fold_rows(panel, split, L), BacktestConfig(cost_bps=5.0)
    traded = []
    for fold in split.folds:
        own = rows[fold.number]
        judged = judge(panel, own.traded, *constant_forecast(panel, own.traded, own.train), config, judged=own.judged)
        traded.append(Traded(fold, judged.bars, judged.returns, judged.exposure))
    constant, series = constant_series(panel, rows, split, config), series_by_path(traded)
    assert not active_returns(series, constant).any()
    half = {path: replace(own, net=own.net / 2, exposure=own.exposure / 2) for path, own in series.items()}
    assert not active_returns(half, constant).any()


@every_calendar
def test_buy_and_hold_buys_equal_shares_as_soon_as_each_asset_can_be_bought(calendar: str) -> None:
    panel, split = world(calendar)
    rows = split.rows(panel, split.folds[1], "validation", L)
    held = buy_and_hold(exact_returns(panel, calendar), rows, BacktestConfig(cost_bps=0.0))
    closes = prices_of(panel, calendar)
    alive = (closes.ffill().notna() & closes.bfill().notna()).iloc[held.bars[0]]
    worth = []
    for asset in closes.columns[alive.to_numpy()]:
        own = closes[asset].iloc[held.bars[0] : held.bars[-1] + 2]
        worth.append((own.ffill() / own.dropna().iloc[:1].sum()).fillna(1.0))  # 1 until it has its first bar
    wealth = np.mean([one.to_numpy() for one in worth], axis=0)
    np.testing.assert_allclose(np.cumprod(1 + held.returns), wealth[1:], rtol=1e-9)


@every_calendar
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("place", [300, 500, 640, 800])
def test_another_future_moves_nothing_that_was_known(calendar: str, scheme: str, place: int) -> None:
    before = world(calendar, 5, scheme)
    bar = min(place, before[0].n_bars - 30)
    other = with_another_future(bars_on(calendar), before[0].timestamps[bar])
    after = assembled(other, CALENDARS[calendar][1], 5, scheme)
    assert moved(before, after, bar) == []
    scores = np.random.default_rng(2).normal(size=before[0].n_rows)
    rows = before[0].rows((before[0].all_bars,), L)
    one, two = (
        judge(panel, rows, Forecast(scores[rows]), Decision(0.0), BacktestConfig()).returns
        for panel, _ in (before, after)
    )
    ended = before[0].bar[rows].min()
    assert one[: bar - ended].tobytes() == two[: bar - ended].tobytes()


@every_calendar
def test_history_that_ends_earlier_is_a_beginning_of_the_longer_one(calendar: str) -> None:
    panel, _ = world(calendar)
    bar = panel.n_bars - 60
    bars = bars_on(calendar)
    short, _ = assembled(bars[bars["timestamp"] <= panel.timestamps[bar]], CALENDARS[calendar][1], 1, "walk_forward")
    assert short.timestamps.equals(panel.timestamps[: bar + 1])
    for number, asset in enumerate(short.assets):
        own, longer = short.asset == number, panel.asset == panel.assets.index(asset)
        known = longer & (panel.bar <= bar)
        np.testing.assert_array_equal(short.features[own], panel.features[known])
        labelled = short.labelled[own]
        np.testing.assert_array_equal(short.target[own][labelled], panel.target[known][labelled])
        np.testing.assert_array_equal(short.label_end[own][labelled], panel.label_end[known][labelled])


def test_a_suspension_costs_the_rows_of_its_own_asset_only() -> None:
    torn, whole = (
        "a suspension of one asset in twenty",
        {f"S{n:02}": CALENDARS["one missing bar"][0]()["WHOLE"] for n in range(20)},
    )
    for scheme in SCHEMES:
        panel, split = world(torn, 1, scheme)
        other, other_split = assembled(bars_of(whole), 0, 1, scheme)
        assert split == other_split
        ours, theirs = (
            sample_counts(one, its, L).set_index("asset") for one, its in ((panel, split), (other, other_split))
        )
        pd.testing.assert_frame_equal(ours.drop("S07"), theirs.drop("S07"))
        assert ours.loc["S07", "samples"].sum() < theirs.loc["S07", "samples"].sum()
