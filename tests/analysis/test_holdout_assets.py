"""What each asset brought adds up to the total return of the look."""

from functools import partial

import numpy as np
import pytest
from tests.analysis.test_holdout_judgement import SPLIT, WINDOW, KnownScores, perfect
from tests.makers.panels import laid_out, panel_of, with_laid_out

from trading_hpo.analysis.holdout import judge_holdout
from trading_hpo.analysis.holdout_assets import ASSET_COLUMNS
from trading_hpo.backtest.config import BacktestConfig

panel_with_moves = partial(panel_of, n_assets=3, n_bars=120, n_features=1, seed=3)


@pytest.mark.parametrize("positions", ["long_flat", "long_short"])
@pytest.mark.parametrize("cost_bps", [0.0, 20.0])
def test_contributions_add_up_to_the_total_return(positions, cost_bps):
    panel = panel_with_moves()
    scores = np.random.default_rng(0).uniform(size=laid_out(panel, "target").shape)
    backtest = BacktestConfig(cost_bps=cost_bps, positions=positions)
    look = judge_holdout(KnownScores(scores), panel, SPLIT, WINDOW, backtest)
    assert list(look.assets) == list(ASSET_COLUMNS)
    assert look.assets["contribution"].sum() == pytest.approx(look.result["metrics"]["total_return"])
    assert look.assets["turnover"].sum() == pytest.approx(look.returns["turnover"].sum())
    assert look.assets["mean_exposure"].sum() == pytest.approx(look.returns["exposure"].mean())


def test_they_add_up_where_assets_have_holes_too():
    present = np.ones((3, 120), dtype=bool)
    present[1, 104:107] = False
    present[2, 112:] = False
    panel = panel_with_moves(present=present)
    scores = np.random.default_rng(0).uniform(size=(3, 120))
    look = judge_holdout(
        KnownScores(scores[panel.asset, panel.bar]), panel, SPLIT, WINDOW, BacktestConfig(cost_bps=20.0)
    )
    assert look.assets["contribution"].sum() == pytest.approx(look.result["metrics"]["total_return"])
    assert look.assets["bars"].tolist() == [19, 16, 12]


def test_an_asset_that_is_never_held_brings_nothing_and_is_named():
    panel = panel_with_moves()
    target = laid_out(panel, "target").copy()
    target[1] = 0
    look = judge_holdout(perfect(with_laid_out(panel, target=target)), panel, SPLIT, WINDOW, BacktestConfig())
    own = look.assets.set_index("asset")
    assert own.index.tolist() == ["A", "B", "C"]
    assert own.loc["B", ["contribution", "turnover", "mean_exposure"]].tolist() == [0, 0, 0]
    moves = laid_out(panel, "forward_return")[1, 100:119, 0]
    assert own.loc["B", "asset_return"] == pytest.approx(np.prod(1 + moves.astype(float)) - 1)
