"""The names of metrics."""

import re

import pytest

from trading_hpo.engine.trial_record import OURS
from trading_hpo.errors import ConfigurationError
from trading_hpo.metrics.metric import Metric
from trading_hpo.metrics.registry import METRICS, OF_A_TRIAL


def test_every_metric_but_costs_names_author_and_year_of_its_definition():
    for name in METRICS:
        if METRICS[name].kind != "cost":
            assert re.search(r"^\w.* \((1[89]|20)\d\d\)", METRICS[name].source), name


def test_every_metric_of_the_field_is_there():
    field = {
        *("precision", "recall", "f1_positive", "mcc", "accuracy", "balanced_accuracy", "auc", "average_precision"),
        *("log_loss", "brier", "mae", "mse", "rmse", "mape", "r2", "r2_zero", "ic", "directional_accuracy"),
        *("pinball", "coverage", "quantile_crossings", "sharpe", "sortino", "calmar", "max_drawdown"),
        *("longest_drawdown_bars", "volatility", "win_rate", "profit_factor", "payoff", "turnover", "exposure"),
        *("total_return", "annual_return", "tail_ratio", "active_return", "active_sharpe"),
    }
    assert set(METRICS) >= field


def test_no_metric_can_take_the_name_of_what_a_trial_keeps():
    assert set(OF_A_TRIAL) == OURS
    for name in OURS:
        with pytest.raises(ConfigurationError, match=f"must be none of .*, got '{name}'. Rename it."):
            METRICS.add(name, Metric(name, "trading", "maximize", "", None))
        assert name not in METRICS
