"""A final model as MLflow loads it: from this code and its safetensors file, without pickle."""

import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from trading_hpo.errors import DataError
from trading_hpo.families.family import ServedModel, load_model
from trading_hpo.tracking.network_input import windows_of

with warnings.catch_warnings(record=True):
    # MLflow wants type hints from which it can guess a signature; a table of windows has none, and ours is written out.

    class NetworkModel(PythonModel):
        """Scores windows of bars.

        Input, one row per window: ``asset`` by name, and each feature by its name, with the unscaled values of the
        window's bars, oldest first. ``windows [B, L, F]`` may stand for all features, in the order of the metadata, and
        the place in its list for an asset. Output, one row per window: ``score``, ``forecast`` (a probability, or the
        number itself; where positions are learned, the score) and ``called`` (by the model's own decision).
        """

        def load_context(self, context: PythonModelContext) -> None:
            """Read the model; its model type may be a plug-in's, which is among the model's code."""
            for plugin in context.model_config["plugins"]:
                import_module(plugin)
            model = load_model(Path(context.artifacts["network"]))
            assert isinstance(model, ServedModel)  # no other is logged
            self._model = model

        def predict(self, context: PythonModelContext, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
            """Score a batch.

            Raises:
                MlflowException: The model refuses the input. MLflow's server hides every other error from its caller.
            """
            del context, params
            model = self._model
            try:
                windows, asset = windows_of(model_input, model.window_bars, model.card)
                forecast = model.forecast_windows(windows, asset)
            except DataError as error:
                raise MlflowException.invalid_parameter_value(str(error)) from error
            return pd.DataFrame(
                {
                    "score": forecast.score.astype(float),
                    "forecast": forecast.expected.astype(float),
                    "called": model.decision.calls(forecast),
                }
            )


set_model(NetworkModel())
