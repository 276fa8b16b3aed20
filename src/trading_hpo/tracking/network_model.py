"""A final network as MLflow loads it: from this code and its safetensors file, without pickle."""

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from trading_hpo.families.networks.final import TrainedNetwork

with warnings.catch_warnings(record=True):
    # MLflow wants type hints from which it can guess a signature; named tensors have none, and ours is written out.

    class NetworkModel(PythonModel):
        """Scores windows of bars.

        Input: ``windows [B, L, F]`` of unscaled features, oldest bar first, and ``asset [B]``, the place in the card's
        list of assets. Output, one row per window: ``score``, ``forecast`` (a probability, or the number itself) and
        ``called`` (by the network's own decision).
        """

        def load_context(self, context: PythonModelContext) -> None:
            """Read the network; its model type may be a plug-in's, which is among the model's code."""
            for plugin in context.model_config["plugins"]:
                import_module(plugin)
            self._network = TrainedNetwork.load(Path(context.artifacts["network"]))

        def predict(self, context: PythonModelContext, model_input: Any, params: Any = None) -> pd.DataFrame:
            """Score a batch."""
            del context, params
            windows, asset = np.asarray(model_input["windows"]), np.asarray(model_input["asset"])
            forecast = self._network.forecast_windows(windows, asset)
            return pd.DataFrame(
                {
                    "score": forecast.score.astype(float),
                    "forecast": forecast.expected.astype(float),
                    "called": self._network.decision.calls(forecast),
                }
            )


set_model(NetworkModel())
