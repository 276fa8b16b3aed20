"""What a trial takes: names of the costs that it can be judged by."""

COST_METRICS = (
    "training_time_s",
    "training_gflop",
    "epochs",
    "model_size_mb",
    "memory_mb",
    "latency_ms",
    "inference_mflop",
)
# A study that improves or bounds these does not repeat itself bit for bit; `training_gflop` and `inference_mflop` say
# the same of the work, and always repeat.
CLOCKED = ("training_time_s", "latency_ms")
