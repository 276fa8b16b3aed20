"""How the bars are divided."""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from trading_hpo.configuration import Config


class HoldoutConfig(Config):
    """The sealed end of the data: cut off before any fold, looked at once a configuration is final."""

    fraction: float = Field(default=0.2, gt=0, lt=0.9)
    start: date | None = Field(default=None, description="first day of the holdout; overrides the fraction")


class FoldsConfig(Config):
    """The folds of the search."""

    scheme: Literal["walk_forward", "purged_kfold"] = "walk_forward"
    n_folds: int = Field(default=4, ge=1, le=50, strict=True)
    window: Literal["expanding", "rolling"] = Field(default="expanding", description="walk_forward: of train")
    first_train_fraction: float = Field(
        default=0.5, gt=0, lt=1, description="walk_forward: share of the bars before the first validation"
    )
    stop_fraction: float = Field(default=0.15, gt=0, lt=0.5, description="tail of train kept for early stopping")
    embargo_bars: int = Field(
        default=5,
        ge=0,
        strict=True,
        description="after the last validation label has ended; walk_forward has no train rows there",
    )
    min_role_bars: int = Field(default=20, ge=1, strict=True, description="shortest train, stop and validation")

    @model_validator(mode="after")
    def _two_folds(self) -> Self:
        if self.scheme == "purged_kfold" and self.n_folds < 2:
            raise ValueError("folds.n_folds must be 2 or more for purged_kfold, got 1.")
        return self
