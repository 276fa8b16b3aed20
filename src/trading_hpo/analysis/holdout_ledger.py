"""What counts as a look at a holdout."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.families.family import TrainedModel
from trading_hpo.market.indices import index_of
from trading_hpo.market.same_bars import at_the_same_time, seen_bars
from trading_hpo.types import Panel


def look_of(
    model: TrainedModel, panel: Panel, rows: Int[np.ndarray, " N"], returns: Float[np.ndarray, " T"]
) -> dict[str, Any]:
    """Return a look, as it is entered into the ledger.

    Its key is what was looked at (bars, targets, and what the positions returned) and what was looked with
    (configuration and settings). So another threshold of the label, another back-test or another number of epochs is
    another look; another study's name, or another spelling of the assets, is not.

    Args:
        model: That was judged.
        panel: The data.
        rows: Of the holdout.
        returns: Net, per bar.
    """
    looked_with = {
        "model_type": model.card["model_type"],
        "params": model.card["params"],
        "settings": model.card.get("settings"),
        "label": dict(panel.label),
        "features": list(panel.feature_names),
    }
    seen = _digest(panel, rows, returns)
    key = hashlib.sha256(json.dumps([seen, looked_with], sort_keys=True).encode()).hexdigest()[:16]
    return {
        "key": key,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "study_name": model.card.get("study_name"),
        **looked_with,
        "seen": seen,
        **seen_bars(panel, rows),
    }


def saw_the_index_of(one: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    """Return the index that one of two looks saw, and the other stocks of, at the same time; as far as names tell."""
    together = at_the_same_time(one, other)
    return index_of(one.get("assets", ()), other.get("assets", ())) if together else None


def _digest(panel: Panel, rows: Int[np.ndarray, " N"], returns: Float[np.ndarray, " T"]) -> str:
    """Return a digest of bars, targets and returns, whatever the assets are called."""
    stamps, asset = panel.timestamps.asi8[panel.bar[rows]], panel.asset[rows]
    of_assets = []
    for number in np.unique(asset):
        own = asset == number
        parts = (np.ascontiguousarray(part[own]).tobytes() for part in (stamps, panel.target[rows]))
        of_assets.append(hashlib.sha256(b"".join(parts)).hexdigest())
    # Bits that depend on the machine are no other look.
    traded = (np.round(returns, 9) + 0.0).tobytes()
    return hashlib.sha256("".join(sorted(of_assets)).encode() + traded).hexdigest()[:16]
