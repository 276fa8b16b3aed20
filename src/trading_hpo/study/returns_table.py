"""The return series of a study's trials, read back, and as tables."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import optuna
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped] # ships no types

from trading_hpo.engine.store.optuna_tables import place_of
from trading_hpo.engine.store.payloads import trial_payloads
from trading_hpo.study.damage import damaged
from trading_hpo.study.trial_returns import Series, decode
from trading_hpo.study.validation import kept_constant, kept_timestamps

CONSTANT_FORECAST = -1  # in the place of a trial's number
_AT_ONCE = 100  # series in one table: five thousand would take gigabytes


def trial_series(study: optuna.Study) -> Iterator[tuple[int, int, Series]]:
    """Yield number, path and series of every trial that has one, in order.

    Raises:
        DamagedStudyError: The bytes of one were altered.
    """
    for number, path, data in trial_payloads(*place_of(study)):
        try:
            yield number, int(path), decode(data)
        except ValueError as error:
            raise damaged(study.study_name, [f"trial {number}: its {error}"]) from error


def returns_tables(study: optuna.Study) -> Iterator[pa.Table]:
    """Yield lines ``trial, path, bar, timestamp, net_return, exposure`` of every trial that has a series, in order.

    **Looks ahead:** label only; the returns were earned on validation.

    ``exposure`` is the trial's mean over the validation range of the bar. The first lines, of trial -1, are the
    constant forecast: its net return per unit of its own mean exposure there.
    """
    place = place_of(study)
    stamps, series = kept_timestamps(*place), trial_series(study)
    constant = [(CONSTANT_FORECAST, path, own) for path, own in kept_constant(*place).items()]
    while some := list(islice(series, _AT_ONCE)):
        yield pa.concat_tables(_lines(*entry, stamps) for entry in [*constant, *some])
        constant = []


def _lines(number: int, path: int, series: Series, stamps: "pd.Series[int]") -> pa.Table:
    n_bars = len(series.bars)
    at = stamps.reindex(series.bars).astype("Int64").array
    return pa.table(
        {
            "trial": np.full(n_bars, number, "int32"),
            "path": np.full(n_bars, path, "int32"),
            "bar": series.bars.astype("int32"),
            "timestamp": pa.array(at, pa.int64()).cast(pa.timestamp("ns", "UTC")),
            "net_return": series.net.astype("float32"),
            "exposure": series.exposure,
        }
    )
