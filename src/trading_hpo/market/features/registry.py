"""Features by name."""

from trading_hpo.market.features.feature import Feature
from trading_hpo.registry import Registry

FEATURES: Registry[Feature] = Registry(
    "feature",
    {
        "return_1": "trading_hpo.market.features.returns:RETURN_1",
        "return_5": "trading_hpo.market.features.returns:RETURN_5",
        "return_21": "trading_hpo.market.features.returns:RETURN_21",
        "volatility_5": "trading_hpo.market.features.volatility:VOLATILITY_5",
        "volatility_21": "trading_hpo.market.features.volatility:VOLATILITY_21",
        "volatility_63": "trading_hpo.market.features.volatility:VOLATILITY_63",
        "volatility_ratio_5_63": "trading_hpo.market.features.volatility:VOLATILITY_RATIO_5_63",
        "rsi_14": "trading_hpo.market.features.momentum:RSI_14",
        "ma_distance_10": "trading_hpo.market.features.moving_average:MA_DISTANCE_10",
        "ma_distance_50": "trading_hpo.market.features.moving_average:MA_DISTANCE_50",
        "ma_distance_200": "trading_hpo.market.features.moving_average:MA_DISTANCE_200",
        "momentum_12_1": "trading_hpo.market.features.momentum:MOMENTUM_12_1",
        "overnight_gap": "trading_hpo.market.features.returns:OVERNIGHT_GAP",
        "bar_range": "trading_hpo.market.features.bar_shape:BAR_RANGE",
        "close_location": "trading_hpo.market.features.bar_shape:CLOSE_LOCATION",
        "parkinson_volatility_21": "trading_hpo.market.features.volatility:PARKINSON_VOLATILITY_21",
        "volume_ratio_21": "trading_hpo.market.features.volume:VOLUME_RATIO_21",
    },
)

# What `features.names: null` stands for. It never grows: one more column is other data, and a feature that is added to
# the project, or by a plug-in, must not change a study that did not name it.
STANDARD = (
    "return_1",
    "return_5",
    "return_21",
    "volatility_5",
    "volatility_21",
    "volatility_63",
    "volatility_ratio_5_63",
    "rsi_14",
    "ma_distance_10",
    "ma_distance_50",
    "ma_distance_200",
    "momentum_12_1",
    "overnight_gap",
    "bar_range",
    "close_location",
    "parkinson_volatility_21",
    "volume_ratio_21",
)
