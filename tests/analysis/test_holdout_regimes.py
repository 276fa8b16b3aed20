"""A look at the holdout divided by regimes of the market."""

import numpy as np
import pytest
from tests.analysis.test_holdout_judgement import FREE, KnownScores
from tests.makers.panels import panel_of

from trading_hpo.analysis.holdout import judge_holdout
from trading_hpo.market.regimes import regimes_of
from trading_hpo.splits.folds import Split
from trading_hpo.types import BarRange, Fold

N_BARS, WINDOW = 700, 5
FOLD = Fold(0, (BarRange(0, 300),), (BarRange(301, 350),), (BarRange(351, 450),))
SPLIT = Split((FOLD,), BarRange(0, 450), BarRange(451, N_BARS - 1))


@pytest.fixture(scope="module")
def panel():
    return panel_of(2, N_BARS, seed=3)


def network(panel, right_in) -> KnownScores:
    """A final network that is right on the bars that are said, and draws lots elsewhere."""
    target = panel.target.reshape(2, N_BARS, 1).astype(float)
    lots = np.random.default_rng(0).random(target.shape)
    return KnownScores(np.where(right_in[None, :, None], target, lots))


def test_the_worst_regime_is_named_with_its_bars_and_its_interval(panel):
    volatility, trend = regimes_of(panel)
    look = judge_holdout(network(panel, volatility.of_bar != 2), panel, SPLIT, WINDOW, FREE)
    found = look.result["regimes"]
    assert found["metric"] == "mcc"
    worst = found["scores"][found["worst_forecast"]]
    assert (worst["by"], worst["regime"]) == ("volatility", "high")
    calm = found["scores"][0]
    assert (calm["value"], calm["error"]) == (1.0, 0.0)
    inside = SPLIT.holdout.bars()
    assert worst["bars"] == (volatility.of_bar[inside] == 2).sum()
    assert worst["samples"] == 2 * worst["bars"]
    assert abs(worst["value"]) < 3 * worst["error"]
    assert worst["error"] == pytest.approx(1 / np.sqrt(worst["samples"]), rel=0.5)
    counts = [sum(line["bars"] for line in found["scores"] if line["by"] == one.by) for one in (volatility, trend)]
    assert counts == [len(inside)] * 2
    known = [line["sharpe"] for line in found["scores"] if line["sharpe"] is not None]
    assert found["scores"][found["worst_money"]]["sharpe"] == min(known)


def test_of_a_short_holdout_it_says_how_few_bars_there_are(panel):
    short = Split((FOLD,), BarRange(0, 640), BarRange(641, N_BARS - 1))
    found = judge_holdout(network(panel, np.zeros(N_BARS, bool)), panel, short, WINDOW, FREE).result["regimes"]
    few = [line for line in found["scores"] if line["bars"] < 40]
    assert few
    for line in few:
        assert line["no_value"] == dict.fromkeys(("mcc", "sharpe"), f"{line['bars']} bars, at least 40 are needed")
