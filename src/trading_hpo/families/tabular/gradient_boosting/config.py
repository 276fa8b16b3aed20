"""The parameters of gradient boosting."""

from pydantic import Field

from trading_hpo.families.tabular.config import TabularConfig, tabular_type


class GradientBoostingConfig(TabularConfig):
    """Histogram-based gradient boosting; the stop rows say how many trees there are."""

    boosting_learning_rate: float = Field(default=0.1, gt=0, le=1)
    boosting_max_leaf_nodes: int = Field(default=15, ge=2, le=4096)
    boosting_min_samples_leaf: int = Field(default=100, ge=1, le=1_000_000)
    boosting_l2: float = Field(default=1.0, ge=0, description="of the values of leaves")
    boosting_max_features: float = Field(default=1.0, gt=0, le=1, description="share of columns drawn for a split")
    boosting_max_iterations: int = Field(default=300, ge=1, le=100_000, description="trees at most")
    boosting_patience: int = Field(
        default=10, ge=1, le=100_000, description="trees without a better loss on the stop rows"
    )


MODEL_TYPE = tabular_type(GradientBoostingConfig, f"{__package__}.estimator:GRADIENT_BOOSTING")
