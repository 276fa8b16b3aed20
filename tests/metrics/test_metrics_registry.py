"""The names of metrics."""

import pytest

from trading_hpo.engine.trial_record import OURS
from trading_hpo.errors import ConfigurationError
from trading_hpo.metrics.metric import Metric
from trading_hpo.metrics.registry import METRICS, OF_A_TRIAL


def test_no_metric_can_take_the_name_of_what_a_trial_keeps():
    assert set(OF_A_TRIAL) == OURS
    for name in OURS:
        with pytest.raises(ConfigurationError, match=f"must be none of .*, got '{name}'. Rename it."):
            METRICS.add(name, Metric(name, "trading", "maximize", "", None))
        assert name not in METRICS
