"""What a study keeps of its validation bars, once: when they were, and what the constant forecast earned on them.

With it, later statistics need no more than the study's database: neither the panel nor today's parameters.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.store.payloads import put_study_payload, study_payload
from trading_hpo.families.family import Rows
from trading_hpo.families.judgement import judge_constant, traded_constant
from trading_hpo.market.same_bars import seen_bars
from trading_hpo.splits.folds import ROLES, Split
from trading_hpo.splits.paths import mean_over_paths
from trading_hpo.study.trial_returns import Series, Traded, decode, payload_of, per_unit, series_by_path
from trading_hpo.types import Panel

FACTS, STAMPS, CONSTANT = "validation", "timestamps", "constant/"  # keys of the study's payload; the path follows
CONSTANT_METRICS = "constant_metrics"


def fold_rows(panel: Panel, split: Split, window_bars: int) -> dict[int, Rows]:
    """Return the samples of each fold by its number.

    **Looks ahead:** label only; label ends decide what is purged.
    """
    return {
        fold.number: Rows(
            **{role: split.rows(panel, fold, role, window_bars) for role in ROLES},
            traded=panel.windowed_rows(fold.validation, window_bars),
            stop_ranges=fold.stop,
            validation_ranges=fold.validation,
        )
        for fold in split.folds
    }


def constant_series(
    panel: Panel, rows: Mapping[int, Rows], split: Split, backtest: BacktestConfig
) -> dict[int, Series]:
    """Return what active returns are taken from, by path: net, per unit of its mean exposure in a validation range.

    It is what the constant forecast earns, or holding all assets where that holds nothing (``Constant.benchmark``).

    **Looks ahead:** label only: train rows make the forecast, validation trades it.
    """
    traded = series_by_path(_constant_by_fold(panel, rows, split, backtest))
    return {path: per_unit(own) for path, own in traded.items()}


def constant_metrics(
    panel: Panel, rows: Mapping[int, Rows], split: Split, backtest: BacktestConfig
) -> dict[str, float | None]:
    """Return what each metric of the constant forecast is, as a trial's is: the mean over folds, or over paths.

    **Looks ahead:** label only: train rows make the forecast, validation judges it.
    """
    of_folds = []
    for fold in split.folds:
        own = rows[fold.number]
        always = judge_constant(panel, own.traded, own.train, backtest, own.validation_ranges, own.judged)
        of_folds.append(always.metrics)
    paths = [fold.paths for fold in split.folds]
    return {name: mean_over_paths([fold[name] for fold in of_folds], paths) for name in of_folds[0]}


def _constant_by_fold(
    panel: Panel, rows: Mapping[int, Rows], split: Split, backtest: BacktestConfig
) -> Iterator[Traded]:
    for fold in split.folds:
        own = rows[fold.number]
        always = traded_constant(panel, own.traded, own.train, backtest, own.validation_ranges)
        assert always.benchmark.exposure is not None
        yield Traded(fold, always.bars, always.benchmark.net, always.benchmark.exposure)


def keep_validation(
    engine: Engine,
    study_id: int,
    panel: Panel,
    rows: Mapping[int, Rows],
    constant: Mapping[int, Series],
    metrics: Mapping[str, float | None],
) -> None:
    """Write down what a study keeps of its validation bars, all or nothing.

    **Looks ahead:** label only; nothing of the holdout is in it.

    Args:
        engine: Of the study's database.
        study_id: There.
        panel: The data.
        rows: Of every fold.
        constant: As ``constant_series`` returns them.
        metrics: As ``constant_metrics`` returns them.
    """
    validated = np.unique(np.concatenate([own.validation for own in rows.values()]))
    bars = np.unique(np.concatenate([own.bars for own in constant.values()]))
    spans = {number: panel.timestamps[panel.bar[own.validation]] for number, own in rows.items()}
    folds = {number: [stamps.min().isoformat(), stamps.max().isoformat()] for number, stamps in spans.items()}
    facts = {**seen_bars(panel, validated), "bars": len(bars), "folds": folds}
    stamps = np.concatenate([[len(bars)], bars, panel.timestamps.as_unit("ns").asi8[bars]]).astype("<i8")
    payload = {f"{CONSTANT}{path}": data for path, data in payload_of(constant).items()}
    payload |= {FACTS: json.dumps(facts).encode(), STAMPS: zlib.compress(stamps.tobytes())}
    payload |= {CONSTANT_METRICS: json.dumps(dict(metrics)).encode()}
    put_study_payload(engine, study_id, payload)


def kept_constant(engine: Engine, study_id: int) -> dict[int, Series]:
    """Return what ``constant_series`` gave when the study was made; empty for a study of an earlier version."""
    kept = study_payload(engine, study_id)
    return {int(key.removeprefix(CONSTANT)): decode(data) for key, data in kept.items() if key.startswith(CONSTANT)}


def kept_facts(engine: Engine, study_id: int) -> dict[str, Any]:
    """Return assets, first and last moment, marks and number of the validation bars; empty as above."""
    return _kept_mapping(engine, study_id, FACTS)


def kept_constant_metrics(engine: Engine, study_id: int) -> dict[str, float | None]:
    """Return what ``constant_metrics`` gave when the study was made; empty as above."""
    return _kept_mapping(engine, study_id, CONSTANT_METRICS)


def _kept_mapping(engine: Engine, study_id: int, key: str) -> dict[str, Any]:
    try:
        kept = json.loads(study_payload(engine, study_id).get(key, b"{}"))
    except ValueError:  # what was altered is written anew by the next search
        return {}
    return dict(kept) if isinstance(kept, dict) else {}


def kept_timestamps(engine: Engine, study_id: int) -> "pd.Series[int]":
    """Return the moment of each validation bar in nanoseconds of UTC, by its number; empty as above."""
    data = study_payload(engine, study_id).get(STAMPS)
    numbers = np.zeros(1, "<i8") if data is None else np.frombuffer(zlib.decompress(data), "<i8")
    bars, stamps = numbers[1 : numbers[0] + 1], numbers[numbers[0] + 1 :]
    return pd.Series(stamps, index=bars)
