"""The rules that a table of bars keeps column by column."""

import pandas as pd
import pandera.pandas as pa


def _number(lowest: pa.Check, required: bool = False) -> pa.Column:
    return pa.Column("float64", [lowest, pa.Check.lt(float("inf"))], nullable=False, required=required)


BARS_SCHEMA = pa.DataFrameSchema(
    {
        "timestamp": pa.Column(pd.DatetimeTZDtype("ns", "UTC"), nullable=False),
        "asset": pa.Column(str, nullable=False),
        "open": _number(pa.Check.gt(0)),
        "high": _number(pa.Check.gt(0)),
        "low": _number(pa.Check.gt(0)),
        "close": _number(pa.Check.gt(0), required=True),
        "volume": pa.Column("float64", [pa.Check.ge(0), pa.Check.lt(float("inf"))], nullable=False, required=False),
        "regime": pa.Column(str, nullable=True, required=False),
    },
    strict=True,
    unique=["asset", "timestamp"],
)
