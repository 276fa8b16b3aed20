"""What other costs would have left is what a look at those costs says."""

import numpy as np
import pandas as pd
import pytest
from tests.analysis.test_holdout_judgement import SPLIT, WINDOW, KnownScores
from tests.makers.panels import laid_out, panel_of

from trading_hpo.analysis.holdout import baseline_returns, judge_holdout
from trading_hpo.analysis.holdout_costs import BUY_AND_HOLD, CONSTANT, COSTS_BPS, at_costs, costs_table
from trading_hpo.backtest.config import BacktestConfig


def looks(cost_bps, **fields):
    panel = panel_of(n_assets=2, n_bars=120, n_features=1, seed=5, **fields)
    scores = np.random.default_rng(1).uniform(size=laid_out(panel, "target").shape)
    backtest = BacktestConfig(cost_bps=cost_bps)
    network = KnownScores(scores[panel.asset, panel.bar])
    look = judge_holdout(network, panel, SPLIT, WINDOW, backtest)
    return look, baseline_returns(panel, SPLIT, WINDOW, backtest), panel.bars_per_year


@pytest.mark.parametrize("own", [0.0, 5.0, 7.5])
def test_every_row_is_what_a_look_at_those_costs_says(own):
    look, held, bars_per_year = looks(own)
    table = costs_table({"mlp": look.returns}, held, own, bars_per_year)
    assert table["name"].unique().tolist() == ["mlp", CONSTANT, BUY_AND_HOLD]
    for cost_bps in sorted({*COSTS_BPS, own}):
        there, there_held, _ = looks(cost_bps)
        rows = table[table["cost_bps"] == cost_bps].set_index("name")
        for metric in ("total_return", "sharpe", "max_drawdown", "turnover"):
            assert rows.loc["mlp", metric] == pytest.approx(there.result["metrics"][metric])
        for name in (CONSTANT, BUY_AND_HOLD):
            assert rows.loc[name, "total_return"] == pytest.approx(np.prod(1 + there_held[name]) - 1)


def test_where_a_share_cannot_be_traded_it_is_right_but_for_a_product_of_two_small_numbers():
    present = np.ones((2, 120), dtype=bool)
    present[1, 104:110:2] = False
    look, *_ = looks(0.0, present=present)
    there, *_ = looks(50.0, present=present)
    ours = at_costs(look.returns["net_return"].to_numpy(), look.returns["turnover"].to_numpy(), 0.0, 50.0)
    np.testing.assert_allclose(ours, there.returns["net_return"], atol=5e-4)


def test_a_series_without_variance_has_no_sharpe():
    stamps = pd.date_range("2020-01-01", periods=3, tz="UTC")
    idle = pd.DataFrame({"timestamp": stamps, "net_return": 0.0, "turnover": 0.0, "exposure": 0.0})
    held = pd.DataFrame({"timestamp": stamps, BUY_AND_HOLD: [0.1, 0, 0.2], CONSTANT: 0.0, f"{CONSTANT}_turnover": 0.0})
    table = costs_table({"mlp": idle}, held, 5.0, 252.0)
    assert table.loc[table["name"] == "mlp", "sharpe"].isna().all()
    assert table.loc[table["name"] == BUY_AND_HOLD, "sharpe"].notna().all()
