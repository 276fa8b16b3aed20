"""Kedro's settings of the project."""

import warnings

from kedro.config import OmegaConfigLoader

with warnings.catch_warnings(record=True):
    # While it is imported, kedro-mlflow defines a model without the type hints that MLflow would like; MLflow
    # overrules filters, so the notice is caught instead.
    warnings.simplefilter("always")
    from trading_hpo.hooks import TrackingHook

CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    # Kedro replaces whole groups by default: one changed number would drop its siblings.
    "merge_strategy": {"parameters": "soft", "globals": "soft", "catalog": "soft", "mlflow": "soft"},
}
HOOKS = (TrackingHook(),)
DISABLE_HOOKS_FOR_PLUGINS = ("kedro_mlflow", "kedro-mlflow")  # ours is a child of its hook
