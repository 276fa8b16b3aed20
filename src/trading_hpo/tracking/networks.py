"""Final networks as MLflow models."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from trading_hpo.families.networks.final import TrainedNetwork
from trading_hpo.registry import load_plugins
from trading_hpo.types import Panel

_CODE = Path(__file__).with_name("network_model.py")
_PACKAGE = Path(__file__).parents[1]
_REQUIRED = ("torch", "numpy", "pandas", "safetensors", "pydantic", "jaxtyping", "scipy")
EXAMPLE_ROWS = 2


def log_network(network: TrainedNetwork, panel: Panel) -> str:
    """Log a network into the active run as a model that anybody can load; return its URI.

    It carries the package's code and that of the plug-ins, a signature of its tensors, and an example: the first
    windows of the panel, which are never of the holdout.

    Args:
        network: After the final training.
        panel: Gives the example.
    """
    length, n_features = network.architecture.window_bars, network.architecture.n_features
    signature = ModelSignature(
        Schema(
            [
                TensorSpec(np.dtype("float32"), (-1, length, n_features), "windows"),
                TensorSpec(np.dtype("int64"), (-1,), "asset"),
            ]
        ),
        Schema(
            [
                ColSpec(DataType.double, "score"),
                ColSpec(DataType.double, "forecast"),
                ColSpec(DataType.boolean, "called"),
            ]
        ),
    )
    with TemporaryDirectory() as folder, warnings.catch_warnings(record=True), _no_bytecode():
        network.save(Path(folder) / "network")
        info = mlflow.pyfunc.log_model(
            name=f"{network.architecture.model_type}_network",
            python_model=str(_CODE),
            artifacts={"network": str(Path(folder) / "network")},
            code_paths=[str(_PACKAGE), *map(_place, load_plugins())],
            model_config={"plugins": list(load_plugins())},
            pip_requirements=list(_REQUIRED),
            signature=signature,
            input_example=_example(panel, length),
            metadata={key: str(network.card.get(key)) for key in ("study_name", "trial_number", "metric")},
        )
    return str(info.model_uri)


def _place(module: str) -> str:
    """Where a plug-in lies: its folder, or its one file."""
    file = Path(str(sys.modules[module.partition(".")[0]].__file__))
    return str(file.parent if file.name == "__init__.py" else file)


@contextmanager
def _no_bytecode() -> Iterator[None]:
    """MLflow tries the model out where it lies; what Python compiles then would stay among its files."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _example(panel: Panel, length: int) -> dict[str, np.ndarray]:
    rows = panel.rows((panel.all_bars,), length)
    earliest = rows[np.argsort(panel.bar[rows], kind="stable")[:EXAMPLE_ROWS]]  # of any asset
    windows = panel.features[earliest[:, None] + np.arange(1 - length, 1)]
    return {"windows": windows.astype(np.float32), "asset": panel.asset[earliest].astype(np.int64)}
