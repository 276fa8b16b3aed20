"""Final models as MLflow models."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import AnyType
from mlflow.utils import environment

from trading_hpo.families.family import ServedModel
from trading_hpo.registry import load_plugins
from trading_hpo.tracking.network_input import ASSET, WINDOWS
from trading_hpo.types import Panel

_CODE = Path(__file__).with_name("network_model.py")
_PACKAGE = Path(__file__).parents[1]
_REQUIRED = ("numpy", "pandas", "safetensors", "pydantic", "jaxtyping", "scipy")
EXAMPLE_ROWS = 2
_CHECK = "warn_dependency_requirement_mismatches"  # where MLflow keeps it when it saves a model, and when it loads one


def log_network(network: ServedModel, panel: Panel) -> str:
    """Log a final model into the active run as one that anybody can load; return its URI.

    It carries the package's code and that of the plug-ins, what it was made for, a signature of its features, and an
    example: the first windows of the panel, which are never of the holdout.

    Args:
        network: After the final training.
        panel: Gives the example.
    """
    with (
        TemporaryDirectory() as folder,
        warnings.catch_warnings(record=True),
        _no_bytecode(),
        _pins_unchecked(),
    ):
        network.save(Path(folder) / "network")
        info = mlflow.pyfunc.log_model(
            name=f"{network.card['model_type']}_network",
            python_model=str(_CODE),
            artifacts={"network": str(Path(folder) / "network")},
            code_paths=[str(_PACKAGE), *map(_place, load_plugins())],
            model_config={"plugins": list(load_plugins())},
            pip_requirements=[_pinned(name) for name in (*_REQUIRED, *network.requirements)],
            signature=_signature(network.card["features"]),
            input_example=_example(panel, network.window_bars),
            metadata=_made_for(network),
        )
    return str(info.model_uri)


def _signature(features: list[str]) -> ModelSignature:
    # Why not tensors? MLflow takes them in one dtype only. Why not arrays of doubles? It refuses whole numbers in them,
    # and matrices. So the signature has the names, and the network itself checks shapes and values.
    anything = AnyType()  # type: ignore[no-untyped-call]
    inputs = [ColSpec(anything, ASSET), *(ColSpec(anything, name, required=False) for name in (*features, WINDOWS))]
    outputs = (("score", DataType.double), ("forecast", DataType.double), ("called", DataType.boolean))
    return ModelSignature(Schema([*inputs]), Schema([ColSpec(kind, name) for name, kind in outputs]))


def _made_for(network: ServedModel) -> dict[str, Any]:
    known = ("study_name", "trial_number", "metric", "model_type", "features", "assets", "label", "bars_per_year")
    own = {"window_bars": network.window_bars, "scaler": network.scaling}
    return {key: network.card.get(key) for key in known} | own


def _pinned(name: str) -> str:
    """The version that the model was trained with; of a build such as ``2.13.0+cpu``, what every index has."""
    return f"{name}=={version(name).partition('+')[0]}"


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


@contextmanager
def _pins_unchecked() -> Iterator[None]:
    """The pins are what is installed: to compare them MLflow would look at every file of every package there is."""
    before = {module: getattr(module, _CHECK) for module in (environment, mlflow.pyfunc)}
    for module in before:
        setattr(module, _CHECK, lambda _: None)
    try:
        yield
    finally:
        for module, check in before.items():
            setattr(module, _CHECK, check)


def _example(panel: Panel, length: int) -> pd.DataFrame:
    rows = panel.rows((panel.all_bars,), length)
    earliest = rows[np.argsort(panel.bar[rows], kind="stable")[:EXAMPLE_ROWS]]  # of any asset
    windows = panel.features[earliest[:, None] + np.arange(1 - length, 1)]
    values = {name: windows[:, :, place].tolist() for place, name in enumerate(panel.feature_names)}
    return pd.DataFrame({ASSET: [panel.assets[number] for number in panel.asset[earliest]], **values})
