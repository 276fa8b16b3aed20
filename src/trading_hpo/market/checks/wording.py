"""How a fault of bars is said."""

import pandas as pd

REMEDY = "Correct or remove those bars."


def in_words(rows: pd.DataFrame) -> str:
    """Return how many bars of which assets some rows are, and since when.

    Args:
        rows: With ``asset`` and ``timestamp``, at least one.
    """
    counts = rows["asset"].value_counts()
    where = ", ".join(f"{asset} ({count})" for asset, count in counts.head(3).items())
    more = f" and {len(counts) - 3} more assets" if len(counts) > 3 else ""
    return f"{len(rows)} bars of {where}{more}, first at {rows.iloc[0]['timestamp']}"


def must_be(rows: pd.DataFrame, column: str, rule: str, value: object, remedy: str = REMEDY) -> str:
    """Return the sentence about bars that break a rule; ``value`` is the first of them."""
    shown = repr(value) if isinstance(value, str) else value
    return f"{column} must be {rule}, got {shown} in {in_words(rows)}. {remedy}"
