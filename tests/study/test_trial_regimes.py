"""Every trial that has ended on all folds keeps what it was worth in each regime of the market."""

from dataclasses import replace

import numpy as np
import pytest
from tests.study.conftest import SPACES, TRAINING

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.candidate import Candidate
from trading_hpo.engine.trial_record import REGIMES
from trading_hpo.market.panel import open_panel
from trading_hpo.market.regimes import UNKNOWN, regimes_of
from trading_hpo.metrics.trading import sharpe
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.evaluation import TrialEvaluator
from trading_hpo.study.search import Search

PARAMETERS = {"learning_rate": 0.01, "batch_size": 32, "hidden_dim_1": 8, "hidden_dim_2": 8}


@pytest.fixture
def evaluated(panel_file):
    """What one candidate keeps by regime, its outcome, and the panel; keyword arguments are fields of the panel."""

    def evaluate(fold_order="lockstep", reports=False, **fields):
        panel = replace(open_panel(panel_file), **fields)
        split = build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())
        hpo = HpoConfig(n_trials=1, workers=1, pruner="none", fold_order=fold_order)
        task = Search.of("mlp", "study", panel, split, SPACES, TRAINING, BacktestConfig(), hpo).task
        evaluator = TrialEvaluator(task, panel)
        every = list(evaluator.evaluate(Candidate(0, PARAMETERS), lambda: False))
        *_, outcome = evaluator.outcomes(PARAMETERS, lambda: False)
        return every if reports else (every[-1].last().record[REGIMES], outcome, panel)

    return evaluate


def test_it_is_counted_and_judged_on_the_bars_of_validation_alone(evaluated):
    kept, outcome, panel = evaluated()
    rows = np.concatenate([score.judged.bar for score in outcome.scores])
    bars = np.concatenate([score.bars for score in outcome.scores])
    net = np.concatenate([score.returns for score in outcome.scores])
    lines = iter(kept["scores"])
    for one in regimes_of(panel):
        for place, name in enumerate(one.names):
            line = next(lines)
            assert (line["by"], line["regime"]) == (one.by, name)
            assert line["samples"] == (one.of_bar[rows] == place).sum()
            inside = one.of_bar[bars] == place
            if line["sharpe"] is not None:
                assert line["sharpe"] == pytest.approx(sharpe(net[inside], panel.bars_per_year), rel=1e-5)
    assert kept["metric"] == "mcc"
    assert max(line["samples"] for line in kept["scores"]) > 300
    found = [line["value"] for line in kept["scores"] if line["value"] is not None]
    assert found == pytest.approx([outcome.metrics["mcc"]] * len(found), abs=0.25)  # the planted edge is in all


def test_a_forecast_that_fails_in_one_regime_of_the_users_is_found(evaluated, panel_file):
    """Where the labels are turned round the network is wrong, and nothing but the regime says where that is."""
    panel = open_panel(panel_file)
    turned = (panel.bar // 30) % 4 == 3
    target = np.where(turned[:, None] & (panel.bar >= 240)[:, None], 1 - panel.target, panel.target)
    names = ("as learned", "turned round")
    kept, *_ = evaluated(target=target.astype("f4"), regime=turned.astype(np.int64), regime_names=names)
    good, bad = kept["scores"]
    assert [line["regime"] for line in kept["scores"]] == list(names)
    assert good["value"] > 0.1 > -0.1 > bad["value"]
    assert kept["worst_forecast"] == 1


def test_the_users_regimes_change_nothing_that_is_learned(evaluated, panel_file):
    panel = open_panel(panel_file)
    own = np.random.default_rng(0).integers(UNKNOWN, 2, panel.n_rows)
    _, plain, _ = evaluated()
    _, with_own, _ = evaluated(regime=own, regime_names=("a", "b"))
    assert plain.metrics == with_own.metrics


def test_a_trial_that_has_not_come_to_all_folds_keeps_none(evaluated):
    first, second = evaluated(fold_order="sequential", reports=True)
    assert REGIMES not in first.last().record
    assert len(second.last().record[REGIMES]["scores"]) == 5


def test_validation_regimes_are_blind_to_the_holdout(evaluated, panel_file):
    """Bars from the holdout on move otherwise: what is kept of the search stays to the last digit."""
    panel = open_panel(panel_file)
    later = panel.bar >= 485
    forward = np.where(later[:, None], -0.2, panel.forward_return).astype("f4")
    before, _, _ = evaluated()
    after, _, _ = evaluated(forward_return=forward)
    assert before == after
