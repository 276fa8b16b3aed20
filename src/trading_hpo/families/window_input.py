"""Windows of features that are in no panel: what a model refuses."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.errors import DataError


def check_windows(
    windows: Float[np.ndarray, "B L F"], asset: Int[np.ndarray, " B"], window_bars: int, card: Mapping[str, Any]
) -> None:
    """Refuse windows that a model cannot forecast.

    Args:
        windows: Of unscaled features, oldest bar first.
        asset: The number of each one's asset.
        window_bars: L of the model.
        card: Of the model.

    Raises:
        DataError: They have another length or other features, a value is not finite, or there is no such asset.
    """
    if problems := [*_problems(windows, asset, window_bars, card)]:
        raise DataError(problems)


def _problems(
    windows: Float[np.ndarray, "B L F"], asset: Int[np.ndarray, " B"], window_bars: int, card: Mapping[str, Any]
) -> Iterator[str]:
    length, features, assets = window_bars, card["features"], card["assets"]
    known = bool(((asset >= 0) & (asset < len(assets))).all())
    if windows.ndim != 3 or windows.shape[1:] != (length, len(features)):
        yield f"windows must be {length} bars of {len(features)} features ({', '.join(features)}), got {windows.shape}."
    elif not (finite := np.isfinite(windows)).all():
        number, bar, place = np.argwhere(~finite)[0]
        whose = f" of {assets[asset[number]]}" if known and number < len(asset) else ""
        yield (
            f"{features[place]} must be finite, got {windows[number, bar, place]} in bar {bar} of window "
            f"{number}{whose}. Leave the window out."
        )
    if not known:
        got = sorted(set(asset.tolist()))
        yield f"asset must be 0 to {len(assets) - 1} ({', '.join(assets)}), got {got}."
    if asset.shape != windows.shape[:1]:
        yield f"asset must be one number for each window, got {asset.shape} for windows {windows.shape}."
