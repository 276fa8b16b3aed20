"""A feature that knows the future, and folds that overlap, are to be flagged by the audit, every time.

Each seed has another feature, five other stocks of the 20, and other folds, widened by a few bars. The same audit must
find nothing wrong with the honest feature beside the leaky one, nor with the project's own folds.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from controls.leaky_features import LEAKY
from controls.outcome import Cell, Control, Outcome
from controls.runs import results, run
from trading_hpo.market.sources.packaged import PACKAGED
from trading_hpo.splits.folds import Split
from trading_hpo.types import BarRange

N_STOCKS, HONEST, STOP_FRACTION = 5, "rsi_14", 0.15
NAMES = tuple(LEAKY)


def judge(seed: int) -> Outcome:
    """Audit a leaky feature and a leaky split; as expected where both are flagged, and nothing that is honest."""
    name, random = NAMES[seed], np.random.default_rng(seed)
    source = PACKAGED["sp500_20"]
    stocks = sorted(random.choice(source.read(source.path)["asset"].unique(), N_STOCKS, replace=False).tolist())
    overlap_bars = int(random.integers(1, 21))
    settings = {
        "assets": stocks,
        "features": {"names": [HONEST, name]},
        "folds": {"n_folds": 2, "stop_fraction": STOP_FRACTION},
        "training": {"window_bars": 1},
    }
    read = partial(_said, overlap_bars=overlap_bars)
    checks, leaky = run("audit", ["audits"], settings, read)
    named = {check: sorted({one["column"] for one in own["findings"]}) for check, own in checks.items()}
    flagged = [check for check, columns in named.items() if name in columns]
    wrongly = sorted({HONEST for columns in named.values() if HONEST in columns} | {*named["split"]})
    numbers: dict[str, Cell] = {
        "feature": name,
        "flagged_by": ", ".join(flagged) or "nothing",
        "overlap_bars": overlap_bars,
        "labels_found": leaky,
        "wrongly_flagged": ", ".join(wrongly) or "nothing",
    }
    return Outcome(seed, bool(flagged) and leaky > 0 and not wrongly, numbers)


def _said(project: Path, overlap_bars: int) -> tuple[dict[str, Any], int]:
    """Return the checks of the audit by name, and how many labels its check of splits finds in wider train ranges."""
    from trading_hpo.audit.split import split_leaks
    from trading_hpo.market.panel import open_panel
    from trading_hpo.splits.folds import split_from_table

    (record,) = results(project, "audits").values()
    panel = open_panel(next(project.rglob("panel.safetensors")))
    split = split_from_table(pd.read_csv(next(project.rglob("folds.csv"))))
    leaks = split_leaks(panel, _overlapping(split, overlap_bars), STOP_FRACTION, 1).findings
    return {check["name"]: check for check in record["checks"]}, sum(int(leak.size) for leak in leaks)


def _overlapping(split: Split, bars: int) -> Split:
    """Let the first fold train until a few bars into its validation."""
    first, *others = split.folds
    train = BarRange(first.train[0].start, first.validation[0].start + bars)
    return replace(split, folds=(replace(first, train=(train,), stop=()), *others))


CONTROL = Control(
    "a leaky feature and a leaky split: flagged, and nothing that is honest", len(NAMES), len(NAMES), judge
)
