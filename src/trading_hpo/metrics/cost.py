"""What a trial takes, measured while it runs."""

from trading_hpo.metrics.metric import Metric, by_name

COST_METRICS = by_name(
    Metric("training_time_s", "cost", "minimize", "s", None),
    Metric("training_gflop", "cost", "minimize", "GFLOP", None),
    Metric("epochs", "cost", "minimize", "", None),
    Metric("model_size_mb", "cost", "minimize", "MB", None),
    Metric("memory_mb", "cost", "minimize", "MB", None),
    Metric("latency_ms", "cost", "minimize", "ms", None),
    Metric("inference_mflop", "cost", "minimize", "MFLOP", None),
)
# A study that improves or bounds these does not repeat itself bit for bit; `training_gflop` and `inference_mflop` say
# the same of the work, and always repeat.
CLOCKED = ("training_time_s", "latency_ms")
