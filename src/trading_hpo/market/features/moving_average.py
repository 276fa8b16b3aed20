"""How far the price is from its recent mean."""

from trading_hpo.market.features.feature import Feature


def _ma_distance(bars: int) -> Feature:
    return Feature(lambda table: table["close"] / table["close"].rolling(bars).mean() - 1, bars - 1)


MA_DISTANCE_10, MA_DISTANCE_50, MA_DISTANCE_200 = _ma_distance(10), _ma_distance(50), _ma_distance(200)
