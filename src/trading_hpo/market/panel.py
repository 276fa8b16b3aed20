"""Features and labels -> the panel, and the panel's file that every worker maps."""

import hashlib
import json
import mmap
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.numpy import save_file

from trading_hpo.errors import DamagedFileError, StaleInputError
from trading_hpo.types import REGIME, Panel
from trading_hpo.whole_files import written_whole

ARRAYS = ("features", "forward_return", "target", "label_end", "observed", "labelled", "asset", "bar")
OF_SOME_TASKS = {"prices": ("high", "low", "close"), "barriers": ("barrier_upper", "barrier_lower")}  # by column
OF_SOME_SOURCES = ("regime",)
_AGAIN = "Run `kedro run --pipeline data_engineering`."
_DTYPES = {"F64": np.float64, "F32": np.float32, "I64": np.int64, "I32": np.int32, "U8": np.uint8, "BOOL": np.bool_}


def build_panel(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    label: Mapping[str, Any],
    bars_per_year: float,
    bars: pd.DataFrame | None = None,
) -> Panel:
    """Lay features and labels out, a row for every bar that exists.

    **Looks ahead:** label only; features keep their own bar.

    Args:
        features: Long table of ``build_features``.
        labels: Long table of ``build_labels``.
        label: The task of the labels, as plain data.
        bars_per_year: Of the calendar.
        bars: That have a column of regimes, if any has.
    """
    features = features.sort_values(["asset", "timestamp"], ignore_index=True)
    calendar = pd.DatetimeIndex(features["timestamp"].unique()).sort_values()
    asset, assets = pd.factorize(features["asset"], sort=True)
    names = [str(name) for name in features.columns if name not in ("timestamp", "asset")]
    values = np.ascontiguousarray(features[names], dtype=np.float32)
    observed = np.asarray(np.isfinite(values).all(axis=1))
    regime, regime_names = _regimes(features, bars)
    return Panel(
        **_labels_by_row(features, labels, calendar),
        features=np.where(observed[:, None], values, np.float32(0)),
        observed=observed,
        asset=asset.astype(np.int64),
        bar=calendar.get_indexer(pd.DatetimeIndex(features["timestamp"])).astype(np.int64),
        timestamps=calendar,
        assets=tuple(str(name) for name in assets),
        feature_names=tuple(names),
        label=dict(label),
        bars_per_year=bars_per_year,
        regime=regime,
        regime_names=regime_names,
    )


def _labels_by_row(features: pd.DataFrame, labels: pd.DataFrame, calendar: pd.DatetimeIndex) -> dict[str, Any]:
    """Return what the panel takes from labels, by its name there, in the rows of the features."""
    rows = pd.MultiIndex.from_frame(features[["asset", "timestamp"]]).get_indexer(
        pd.MultiIndex.from_frame(labels[["asset", "timestamp"]])
    )

    def laid(prefix: str) -> Float[np.ndarray, "R N"]:
        columns = [str(name) for name in labels.columns if str(name).startswith(prefix)]
        full = np.zeros((len(features), len(columns)), dtype=np.float32)
        full[rows] = np.nan_to_num(labels[columns].to_numpy(dtype=np.float32))
        return full

    def exact(name: str) -> Float[np.ndarray, "R N"] | None:
        """Prices are compared with each other: rounding must not decide which is the higher."""
        columns = list(OF_SOME_TASKS[name])
        if not set(columns) <= set(labels):
            return None
        full = np.full((len(features), len(columns)), np.nan)
        full[rows] = labels[columns]
        return full

    has_label = labels["label_end"].notna().to_numpy()
    labelled = np.zeros(len(features), dtype=bool)
    labelled[rows] = has_label
    label_end = np.full(len(features), len(calendar), dtype=np.int64)
    label_end[rows[has_label]] = calendar.get_indexer(pd.DatetimeIndex(labels["label_end"][has_label]))
    return {
        "forward_return": laid("forward_return_"),
        "target": laid("target"),
        "label_end": label_end,
        "labelled": labelled,
        **{name: exact(name) for name in OF_SOME_TASKS},
    }


def _regimes(features: pd.DataFrame, bars: pd.DataFrame | None) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return the place of each row's regime among the names, -1 where the column is empty, and the names."""
    if bars is None or REGIME not in bars:
        return None, ()
    by_bar = bars.set_index(["asset", "timestamp"])[REGIME]
    place, names = pd.factorize(by_bar.reindex(pd.MultiIndex.from_frame(features[["asset", "timestamp"]])), sort=True)
    return place.astype(np.int64), tuple(map(str, names))


def _arrays(panel: Panel) -> dict[str, np.ndarray]:
    """Return what a panel has by name; what only some tasks or sources have comes last."""
    arrays = {name: getattr(panel, name) for name in (*ARRAYS, *OF_SOME_TASKS, *OF_SOME_SOURCES)}
    return {name: np.ascontiguousarray(array) for name, array in arrays.items() if array is not None}


def panel_digest(panel: Panel) -> str:
    """Return a digest of every value of the panel, of what they are called, and of what returns are annualised by."""
    digest = hashlib.sha256()
    for array in _arrays(panel).values():
        digest.update(array.view(np.uint8).data)
    digest.update(panel.timestamps.asi8.tobytes())
    named = [list(panel.assets), list(panel.feature_names), dict(panel.label), panel.bars_per_year]
    if panel.regime is not None:
        named.append(list(panel.regime_names))
    digest.update(json.dumps(named, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def save_panel(panel: Panel, path: Path) -> None:
    """Write the panel as one safetensors file, complete or not at all."""
    meta = {
        "timestamps": json.dumps([int(stamp) for stamp in panel.timestamps.as_unit("ns").asi8]),
        "assets": json.dumps(list(panel.assets)),
        "feature_names": json.dumps(list(panel.feature_names)),
        "label": json.dumps(dict(panel.label)),
        "bars_per_year": repr(panel.bars_per_year),
        "regime_names": json.dumps(list(panel.regime_names)),
    }
    with written_whole(path) as draft:
        try:
            save_file(_arrays(panel), draft, metadata=meta)
        except SafetensorError as error:
            raise _of_the_system(error) from error


def _of_the_system(error: SafetensorError) -> Exception:
    """Return the system's error, such as that of a full disk, which safetensors has in its text alone."""
    number = re.search(r"os error (\d+)", str(error))
    return error if number is None else OSError(int(number.group(1)), os.strerror(int(number.group(1))))


def open_panel(path: Path) -> Panel:
    """Map a panel's file; processes that open the same file share its memory.

    The map is copy-on-write: torch takes writable arrays only, and the file cannot be altered through it.

    Raises:
        StaleInputError: An earlier version of the project wrote the file.
        DamagedFileError: It is no panel, or not a whole one.
    """
    try:
        header, data, start = _mapped(path)
        if "features" in header and "bar" not in header:
            raise StaleInputError(f"{path} was written by an earlier version. {_AGAIN}")
        return _panel_in(header, data, start, path)
    # What a header says that was altered or is of another kind may be anything.
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DamagedFileError(f"{path} must be a whole panel, got {error!r}: it is damaged. {_AGAIN}") from error


def _mapped(path: Path) -> tuple[dict[str, Any], mmap.mmap, int]:
    """Return the header of a file, the file as a map, and where its arrays begin."""
    with path.open("rb") as file:
        length, size = int.from_bytes(file.read(8), "little"), path.stat().st_size
        if length > size - 8:
            raise ValueError(f"a header of {length} bytes in a file of {size}")
        header: dict[str, Any] = json.loads(file.read(length))
        return header, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY), 8 + length


def _panel_in(header: Mapping[str, Any], data: mmap.mmap, start: int, path: Path) -> Panel:
    meta, arrays = header["__metadata__"], {}
    for name in (*ARRAYS, *(name for name in (*OF_SOME_TASKS, *OF_SOME_SOURCES) if name in header)):
        entry = header[name]
        dtype = np.dtype(_DTYPES[entry["dtype"]])
        count = int(np.prod(entry["shape"], dtype=np.int64))
        place = start + entry["data_offsets"][0]
        arrays[name] = np.frombuffer(data, dtype=dtype, count=count, offset=place).reshape(entry["shape"])
    stamps = np.array(json.loads(meta["timestamps"]), dtype="int64").view("datetime64[ns]")
    return Panel(
        **arrays,
        timestamps=pd.DatetimeIndex(stamps, tz="UTC"),
        assets=tuple(json.loads(meta["assets"])),
        feature_names=tuple(json.loads(meta["feature_names"])),
        label=json.loads(meta["label"]),
        bars_per_year=float(meta["bars_per_year"]),
        regime_names=tuple(json.loads(meta.get("regime_names", "[]"))),
        path=path,
    )
