"""Everything that a trial can be judged by: of the forecast, of its trades, of what it costs."""

from trading_hpo.metrics.active import ACTIVE_METRICS
from trading_hpo.metrics.around_zero import AROUND_ZERO_METRICS
from trading_hpo.metrics.classification import CLASSIFICATION_METRICS
from trading_hpo.metrics.cost import COST_METRICS
from trading_hpo.metrics.metric import Metric
from trading_hpo.metrics.price_path import MAPE
from trading_hpo.metrics.probability import PROBABILITY_METRICS
from trading_hpo.metrics.quantiles import QUANTILE_METRICS
from trading_hpo.metrics.ranking import RANKING_METRICS
from trading_hpo.metrics.regression import COMPOSITE_ACCURACY, REGRESSION_METRICS
from trading_hpo.metrics.trading import TRADING_METRICS
from trading_hpo.registry import Registry

# What a trial keeps beside its metrics (``engine.trial_record.OURS``), under names of the same attributes.
OF_A_TRIAL = (
    *("slot", "started_from", "lost", "no_value", "reason", "violations", "curve", "cost"),
    *("metrics", "spread", "moments", "block_scores", "regimes", "folds"),
)

# In the order in which a trial keeps them.
METRICS: Registry[Metric] = Registry(
    "metric",
    {
        **CLASSIFICATION_METRICS,
        **RANKING_METRICS,
        **PROBABILITY_METRICS,
        **REGRESSION_METRICS,
        **AROUND_ZERO_METRICS,
        "mape": MAPE,
        **QUANTILE_METRICS,
        "composite_accuracy": COMPOSITE_ACCURACY,
        **TRADING_METRICS,
        **ACTIVE_METRICS,
        **COST_METRICS,
    },
    reserved=OF_A_TRIAL,
)
