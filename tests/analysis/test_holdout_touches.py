"""How far from the barrier's price positions are closed, in the results of a holdout."""

import numpy as np
import pytest
from tests.analysis.test_holdout_judgement import KnownScores
from tests.market.conftest import make_bars  # noqa: F401 - a fixture

from trading_hpo.analysis.holdout import judge_holdout
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import label_of


def world(bars, kind):
    config = LabelsConfig(kind=kind, horizon_bars=3, barrier_up=1.0)
    features = build_features(bars, FeaturesConfig(names=("return_1",)))
    panel = build_panel(features, build_labels(bars, config), label_of(config.task), 252.0)
    return panel, build_split(panel, FoldsConfig(n_folds=2), HoldoutConfig())


@pytest.mark.parametrize("short", [False, True])
def test_the_mean_difference_is_that_of_all_positions_that_a_touch_has_ended(make_bars, short):  # noqa: F811
    panel, split = world(make_bars(400, ("A", "B", "C")), "triple_barrier")
    scores = np.random.default_rng(0).random((3, 400, 1))
    config = BacktestConfig(cost_bps=0.0, positions={"name": "hold_to_touch", "hold_short": short})
    look = judge_holdout(KnownScores(scores, 0.7), panel, split, 1, config)

    count, differences = 0, []
    for asset in range(3):
        rows = [row for row in np.flatnonzero(panel.asset == asset) if panel.bar[row] >= split.holdout.start]
        rows = rows[: split.holdout.stop - split.holdout.start]
        opened, size = None, 0.0
        for row in rows:
            if opened is not None:
                high, low, close = panel.prices[row]
                upper, lower = panel.barriers[opened]
                if low <= lower or high >= upper:
                    price = lower if low <= lower else upper
                    differences.append(size * (close / price - 1))
                    opened = None
                elif row - opened == 3:
                    opened = None
            if opened is None:
                size = 1.0 if scores[asset, panel.bar[row], 0] > 0.7 else -1.0 if short else 0.0
                if size:
                    opened, count = row, count + 1
    found = look.result["touches"]
    assert found == {
        "positions": count,
        "touched": len(differences),
        "mean_difference": pytest.approx(np.mean(differences)),
    }
    assert 20 < len(differences) < count


def test_other_rules_say_nothing_of_touches(make_bars):  # noqa: F811
    panel, split = world(make_bars(400, ("A", "B", "C")), "direction")
    scores = KnownScores(np.random.default_rng(0).random((3, 400, 1)), 0.7)
    assert "touches" not in judge_holdout(scores, panel, split, 1, BacktestConfig()).result
