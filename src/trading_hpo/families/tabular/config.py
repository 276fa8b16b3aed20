"""What the model types of this family share: their declaration and their parameters, free of scikit-learn."""

from pydantic import Field

from trading_hpo.configuration import Config
from trading_hpo.families.registry import ModelType
from trading_hpo.families.tabular.spans import Lags


class TabularConfig(Config):
    """What every reference has."""

    tabular_lags: Lags = Field(
        default="averages",
        description="last: features of the last bar; averages: also their means over 5 bars and over the window; "
        "window: features of each bar of the window",
    )
    window_bars: int | None = Field(default=None, ge=1, description="null: that of the training group")


def tabular_type(config: type[TabularConfig], estimator: str) -> ModelType:
    """Declare a reference as a model type.

    Args:
        config: Its parameters.
        estimator: ``module:attribute`` of its ``Estimator``.
    """
    return ModelType(
        "trading_hpo.families.tabular.family:TABULAR",
        config,
        estimator,
        common=(TabularConfig,),
        has_epochs=False,
        is_reference=True,
        unknown_costs=("training_gflop", "inference_mflop", "latency_ms"),
        preload=(estimator.partition(":")[0],),
    )
