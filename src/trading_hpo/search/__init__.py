"""One Optuna study per model type: spaces, samplers, pruners, workers, and the supervisor over them."""
