"""Kedro's settings of the project."""

from kedro.config import OmegaConfigLoader

from trading_hpo.hooks import LogsHook, ParametersHook, PlacesHook, RunnerHook, SearchesHook, SessionHooks
from trading_hpo.tracking_hook import TrackingHook

CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "config_patterns": {"globals": ["globals*"], "mlflow": ["mlflow*", "mlflow*/**", "**/mlflow*"]},
    # Kedro replaces whole groups by default: one changed number would drop its siblings.
    "merge_strategy": {"parameters": "soft", "globals": "soft", "catalog": "soft", "mlflow": "soft"},
}
HOOKS = SessionHooks(LogsHook(), ParametersHook(), RunnerHook(), SearchesHook(), PlacesHook(), TrackingHook())
DISABLE_HOOKS_FOR_PLUGINS = ("kedro_mlflow", "kedro-mlflow")  # ours is a child of its hook
