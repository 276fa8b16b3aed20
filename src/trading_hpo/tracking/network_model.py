"""A final network as MLflow loads it: from this code and its safetensors file, without pickle."""

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from trading_hpo.errors import DataError
from trading_hpo.families.networks.final import TrainedNetwork
from trading_hpo.tracking.network_input import windows_of

with warnings.catch_warnings(record=True):
    # MLflow wants type hints from which it can guess a signature; a table of windows has none, and ours is written out.

    class NetworkModel(PythonModel):
        """Scores windows of bars.

        Input, one row per window: ``asset`` by name, and each feature by its name, with the unscaled values of the
        window's bars, oldest first. ``windows [B, L, F]`` may stand for all features, in the order of the metadata, and
        the place in its list for an asset. Output, one row per window: ``score``, ``forecast`` (a probability, or the
        number itself) and ``called`` (by the network's own decision).
        """

        def load_context(self, context: PythonModelContext) -> None:
            """Read the network; its model type may be a plug-in's, which is among the model's code."""
            for plugin in context.model_config["plugins"]:
                import_module(plugin)
            self._network = TrainedNetwork.load(Path(context.artifacts["network"]))

        def predict(self, context: PythonModelContext, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
            """Score a batch.

            Raises:
                MlflowException: The network refuses the input. MLflow's server hides every other error from its caller.
            """
            del context, params
            network = self._network
            try:
                windows, asset = windows_of(model_input, network.architecture.window_bars, network.card)
                forecast = network.forecast_windows(windows, asset)
            except DataError as error:
                raise MlflowException.invalid_parameter_value(str(error)) from error
            return pd.DataFrame(
                {
                    "score": forecast.score.astype(float),
                    "forecast": forecast.expected.astype(float),
                    "called": network.decision.calls(forecast),
                }
            )


set_model(NetworkModel())
