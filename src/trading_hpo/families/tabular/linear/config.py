"""The parameters of a linear model."""

from pydantic import Field

from trading_hpo.families.tabular.config import TabularConfig, tabular_type


class LinearConfig(TabularConfig):
    """Logistic regression for a class, ridge regression for a number; each asset has an intercept of its own."""

    linear_penalty: float = Field(
        default=0.01,
        gt=0,
        le=1e6,
        description="half of it times the squared weights is added to the mean log loss, or to half the mean squared "
        "error",
    )


MODEL_TYPE = tabular_type(LinearConfig, f"{__package__}.estimator:LINEAR")
