"""A recursive feature of all assets together, with two outputs."""

import pandas as pd

from trading_hpo.market.features.feature import Feature

DECAY = 0.8  # 0.8 ** 64 is below 1e-6


def _compute(bars: pd.DataFrame) -> pd.DataFrame:
    """Exponential means of the assets' mean return, and of how far their returns are apart."""
    returns = bars.groupby("asset", sort=False)["close"].pct_change(fill_method=None)
    by_time = returns.groupby(bars["timestamp"]).agg(["mean", "std"]).sort_index()
    tide = by_time.fillna(0.0).ewm(alpha=1 - DECAY, adjust=False).mean()
    return pd.DataFrame(
        {"level": bars["timestamp"].map(tide["mean"]), "spread": bars["timestamp"].map(tide["std"])}, index=bars.index
    )


MARKET_TIDE = Feature(_compute, warmup_bars=80, outputs=("level", "spread"), scope="market", memory="decaying")
