"""The largest panel: 500 assets, 5,000 bars, 30 features, from raw bars to one finished MLP trial.

Random walks as OHLCV bars go through the project's own functions: checked, made into features and labels, laid out,
written, mapped, divided into the base folds, trained on for one epoch of the base number of windows, and judged. The
built-in features of such bars are padded to 30 by products of two of them. Every size runs in a process of its own,
so that its peak, the kernel's own for all of the process with torch in it, is its own.

Time is processor time, of one thread: everything after the bars are made, divided by the number of assets, and that
by the same at 50 assets. Linear is 1; the part of the trial that does not grow with assets makes it less, so the
part from bars to the panel's file is shown for itself, and so is the trial.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import Row, fresh, quiet
from benchmarks.project import parameters_of
from benchmarks.resident import Resident

if TYPE_CHECKING:
    import pandas as pd

    from trading_hpo.parameters import Parameters
    from trading_hpo.types import Panel

REPEATS = 3
ASSETS, BARS, FEATURES = (50, 100, 200, 500), 5_000, 30
MANY = (500, 1_000)  # assets, and bars of each
PEAK_GB, LINEAR, MANY_LIMIT = 6.0, 1.25, 2.0


@dataclass(frozen=True)
class Cost:
    """What one size took.

    Attributes:
        data_s: From raw bars to the panel's file, per asset.
        trial_s: From there to the end of the trial, per asset.
        peak_gb: Of the process.
    """

    data_s: float
    trial_s: float
    peak_gb: float

    @property
    def all_s(self) -> float:
        """Both parts."""
        return self.data_s + self.trial_s


def rows(project: Path) -> Iterator[Row]:
    """Measure all sizes in turn, several times."""
    busy, costs = [], []
    for _ in range(REPEATS):
        busy.append(quiet())
        costs.append({n_assets: fresh(_cost, project, n_assets) for n_assets in ASSETS})
    largest = ASSETS[-1]
    yield Row("panel.peak", f"{largest} assets: memory at its peak", [c[largest].peak_gb for c in costs], "GB", PEAK_GB)
    for n_assets in ASSETS[1:]:
        for part in ("data_s", "all_s") if n_assets == largest else ("all_s",):
            ratios = [getattr(cost[n_assets], part) / getattr(cost[ASSETS[0]], part) for cost in costs]
            name = f"panel.{'data' if part == 'data_s' else 'time'}_{n_assets}"
            yield Row(name, f"time per asset: {n_assets} assets / {ASSETS[0]}", ratios, "x", LINEAR, other_cores=busy)

    many = []
    for _ in range(REPEATS):
        short, long = (fresh(_cost, project, *size) for size in (MANY, (1, MANY[0] * MANY[1])))
        many.append(MANY[0] * short.all_s / long.all_s)
    yield Row("panel.many", f"time: {MANY[0]} assets of {MANY[1]} bars / one with as many rows", many, "x", MANY_LIMIT)


def _cost(project: Path, n_assets: int, n_bars: int = BARS) -> Cost:
    from trading_hpo.market.panel import open_panel, save_panel
    from trading_hpo.training.machine import use_one_thread

    use_one_thread()
    parameters, bars = parameters_of(project), random_bars(n_assets, n_bars)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.safetensors"
        began = time.process_time()
        save_panel(_panel_of(bars, parameters), path)
        del bars
        saved = time.process_time()
        _train(open_panel(path), parameters)
        ended = time.process_time()
    return Cost((saved - began) / n_assets, (ended - saved) / n_assets, Resident.now().peak_mb / 1024)


def random_bars(n_assets: int, n_bars: int = BARS) -> "pd.DataFrame":
    """Return OHLCV bars of business days, or of minutes if there are many, every asset a random walk of its own."""
    import pandas as pd

    rng, shape = np.random.default_rng(n_assets), (n_assets, n_bars)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01 if n_bars <= BARS else 0.001, shape), axis=1))
    opened = close * np.exp(rng.normal(0, 0.005, shape))
    stamps = pd.date_range("2000-01-03", periods=n_bars, freq="B" if n_bars <= BARS else "min", tz="UTC").as_unit("ns")
    return pd.DataFrame(
        {
            "timestamp": stamps[np.tile(np.arange(n_bars), n_assets)],
            "asset": np.repeat([f"A{number:03}" for number in range(n_assets)], n_bars),
            "open": opened.ravel(),
            "high": (np.maximum(opened, close) * rng.uniform(1, 1.01, shape)).ravel(),
            "low": (np.minimum(opened, close) * rng.uniform(0.99, 1, shape)).ravel(),
            "close": close.ravel(),
            "volume": rng.integers(1, 1_000_000, shape).astype(float).ravel(),
        }
    )


def _panel_of(raw: "pd.DataFrame", parameters: "Parameters") -> "Panel":
    from trading_hpo.market.bars import clean_bars
    from trading_hpo.market.features.build import build_features
    from trading_hpo.market.panel import build_panel
    from trading_hpo.tasks.labels import build_labels
    from trading_hpo.tasks.registry import label_of

    bars = clean_bars(raw, "all", parameters.sources)
    features = build_features(bars, parameters.features)
    names = [name for name in features.columns if name not in ("timestamp", "asset")]
    for number in range(FEATURES - len(names)):
        features[f"product_{number}"] = features[names[number]] * features[names[number + 1]]
    label = label_of(parameters.labels.task)
    return build_panel(features, build_labels(bars, parameters.labels), label, bars_per_year=252.0)


def _train(panel: "Panel", parameters: "Parameters") -> None:
    from trading_hpo.splits.folds import build_split
    from trading_hpo.study.config import common_window
    from trading_hpo.study.evaluation import EvaluationTask, TrialEvaluator
    from trading_hpo.tasks.registry import task_of

    training = parameters.training.model_copy(update={"epochs": 1})
    target_kind = task_of(panel.label).target_kind
    shared: dict[str, Any] = {
        "model_type": "mlp",
        "split": build_split(panel, parameters.folds, parameters.holdout),
        "training": training,
        "backtest": parameters.backtest,
        "objectives": tuple(objective.metric for objective in parameters.hpo.for_task(parameters.labels.task).improved),
        "constraints": parameters.hpo.constraints,
        "longest_window": common_window(
            target_kind, parameters.search_spaces, training, parameters.hpo.custom_search_spaces
        ),
        "seed": parameters.hpo.seed,
        "panel_digest": "",
    }
    outcomes = list(
        TrialEvaluator(EvaluationTask(**shared), panel).outcomes({"batch_size": 256}, should_stop=lambda: False)
    )
    assert outcomes[-1].finished
