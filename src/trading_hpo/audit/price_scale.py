"""Does a feature change when an asset's prices are given in another unit?"""

import numpy as np

from trading_hpo.audit.agreement import changed_columns
from trading_hpo.audit.check import Check, Finding, counted
from trading_hpo.audit.rebuild import Built, Rebuild, made_again_with

_FACTOR = 0.37  # of the first asset's prices; that of each further one is another
_STEP = 1.7
_PRICES = ("open", "high", "low", "close")


def price_scale(built: Built, rebuild: Rebuild) -> Check:
    """Multiply all prices of each asset by a constant and compare the features.

    Splits and dividends to come do just that to adjusted prices of the past: a feature that changes with it knows them.

    **Looks ahead:** never.

    Args:
        built: What the project makes of the bars.
        rebuild: How it does.

    Raises:
        DataError: The features cannot be made of such prices.
    """
    number = np.unique(built.bars["asset"].to_numpy(dtype=str), return_inverse=True)[1]
    factor = _FACTOR * _STEP ** (number % 8)
    prices = [name for name in _PRICES if name in built.bars]
    scaled = built.bars.assign(**{name: built.bars[name] * factor for name in prices})
    with made_again_with("prices in another unit"):
        features = rebuild.features(scaled)
    values, others = (table[built.columns].to_numpy(dtype=float) for table in (built.features, features))
    findings = []
    for place, rows, size in changed_columns(values, others):
        said = (
            f"{int(rows.sum())} values change by up to {size:.3g} with the unit of an asset's prices: use ratios or "
            "logarithms of prices"
        )
        first = built.features["timestamp"][rows].min()
        findings.append(Finding(built.columns[place], first.isoformat(), size, said, int(rows.sum())))
    compared = f"prices of each asset in another unit; {counted(len(built.columns), 'feature column')}"
    return Check("price scale", compared, tuple(findings))
