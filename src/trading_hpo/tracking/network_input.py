"""What a user sends to a network in MLflow: windows of features and their assets, found by name."""

import reprlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from trading_hpo.errors import DataError, did_you_mean

ASSET, WINDOWS = "asset", "windows"


def windows_of(
    table: pd.DataFrame, window_bars: int, card: Mapping[str, Any]
) -> tuple[Float[np.ndarray, "B L F"], Int[np.ndarray, " B"]]:
    """Return the windows and the asset numbers of a table with one row per window.

    **Looks ahead:** never; a window is given whole.

    Args:
        table: ``asset`` is a name, or a number in the order of the card. Each feature of the network is a column, in
            any order, whose cells hold the values of one window, oldest bar first. Instead of all of them, one column
            ``windows`` may hold cells ``[L, F]`` in the order of the card.
        window_bars: L.
        card: Of the network.

    Raises:
        DataError: A feature is missing, a window has another shape, or an asset is not the network's.

    Example:
        >>> card = {"features": ["up", "down"], "assets": ["AAPL", "IBM"], "model_type": "mlp"}
        >>> windows, asset = windows_of(pd.DataFrame({"down": [[3, 4]], "asset": "IBM", "up": [[1, 2]]}), 2, card)
        >>> windows.tolist(), asset.tolist()
        ([[[1.0, 3.0], [2.0, 4.0]]], [1])
    """
    features, whole = card["features"], WINDOWS in table
    shape = (window_bars, len(features)) if whole else (window_bars,)
    names = [WINDOWS] if whole else [name for name in features if name in table]
    # One dict for names and numbers: whether a column has text or numbers, MLflow's JSON does not say.
    places = {key: number for number, name in enumerate(card["assets"]) for key in (name, number)}
    problems = [
        *(_missing(name, card) for name in features if not whole and name not in table),
        *(problem for name in names for problem in _misshapen(table[name], shape)),
        *_unknown(table[ASSET].tolist(), places, card),
    ]
    if problems:
        raise DataError(problems)
    columns = [np.reshape([_numbers(cell) for cell in table[name]], (len(table), *shape)) for name in names]
    asset = np.array([places[value] for value in table[ASSET].tolist()], dtype=np.int64)
    return columns[0] if whole else np.stack(columns, axis=2), asset


def _missing(feature: str, card: Mapping[str, Any]) -> str:
    return f"feature {feature} must be there: {card['model_type']} was trained on it. Add it."


def _misshapen(cells: pd.Series, shape: tuple[int, ...]) -> Iterator[str]:
    """Say which is the first window of another shape, if there is one."""
    for number, cell in enumerate(cells):
        found = _numbers(cell).shape
        if found != shape:
            yield (
                f"{cells.name} must be numbers of shape {shape} in each window, oldest bar first, got "
                f"{f'shape {found}' if found else reprlib.repr(cell)} in window {number}."
            )
            return


def _numbers(cell: Any) -> Float[np.ndarray, "..."]:
    """Return a cell as an array; without dimensions if it is not one."""
    try:
        return np.asarray(cell, dtype=np.float64)
    except (TypeError, ValueError):  # text, or lists of several lengths
        return np.array(np.nan)


def _unknown(assets: Sequence[Any], places: Mapping[Any, int], card: Mapping[str, Any]) -> Iterator[str]:
    """Say of each unknown asset in which window it comes first."""
    seen: set[str] = set()
    for number, value in enumerate(assets):
        known = isinstance(value, Hashable) and value in places
        if known or repr(value) in seen:
            continue
        seen.add(repr(value))
        yield (
            f"asset must be one that {card['model_type']} was trained on, got {value!r} in window {number}. "
            f"{did_you_mean(str(value), card['assets'])}"
        )
