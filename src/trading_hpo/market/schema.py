"""The rules that a table of bars keeps column by column."""

import pandas as pd
import pandera.pandas as pa

_PRICE = {"dtype": "float64", "checks": [pa.Check.gt(0), pa.Check.lt(float("inf"))], "nullable": False}

BARS_SCHEMA = pa.DataFrameSchema(
    {
        "timestamp": pa.Column(pd.DatetimeTZDtype("ns", "UTC"), nullable=False),
        "asset": pa.Column(str, nullable=False),
        "open": pa.Column(**_PRICE, required=False),
        "high": pa.Column(**_PRICE, required=False),
        "low": pa.Column(**_PRICE, required=False),
        "close": pa.Column(**_PRICE),
        "volume": pa.Column(
            "float64", [pa.Check.ge(0), pa.Check.lt(float("inf"))], nullable=False, required=False
        ),
    },
    strict=True,
    unique=["asset", "timestamp"],
)
