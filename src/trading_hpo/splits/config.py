"""How the bars are divided."""

from datetime import date
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from trading_hpo.configuration import Config, problems_of
from trading_hpo.splits.registry import SPLITTERS

MOST_FOLDS = 50  # each is a training of every trial


class HoldoutConfig(Config):
    """The sealed end of the data: cut off before any fold, looked at once a configuration is final."""

    fraction: float = Field(default=0.2, gt=0, lt=0.9)
    start: date | None = Field(default=None, description="first day of the holdout; overrides the fraction")


class FoldsConfig(Config):
    """The folds of the search."""

    most_folds: ClassVar[float] = MOST_FOLDS

    scheme: str = "walk_forward"
    options: dict[str, Any] = Field(default={}, description="of a splitter that has options of its own")
    n_folds: int = Field(default=4, ge=1, le=MOST_FOLDS, strict=True)
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
    purge_windows: bool = Field(
        default=False,
        strict=True,
        description="leave out rows of train and stop whose features look back at validation labels",
    )
    min_role_bars: int = Field(default=20, ge=1, strict=True, description="shortest train, stop and validation")

    @field_validator("scheme")
    @classmethod
    def _known(cls, scheme: str) -> str:
        if scheme not in SPLITTERS:
            raise ValueError(SPLITTERS.unknown(scheme))
        return scheme

    @model_validator(mode="after")
    def _as_the_splitter_wants_it(self) -> Self:
        splitter = SPLITTERS[self.scheme]
        if self.n_folds < splitter.min_folds:
            raise ValueError(
                f"folds.n_folds must be {splitter.min_folds} or more for {self.scheme}, got {self.n_folds}."
            )
        if splitter.options is None:
            if self.options:
                raise ValueError(
                    f"folds.options must be empty for {self.scheme}, got {self.options!r}. Leave them out."
                )
            return self
        try:
            options = splitter.options(**self.options)
        except ValidationError as error:
            raise ValueError(*problems_of(error, splitter.options, "folds.options")) from error
        if splitter.n_folds is not None:
            self._agrees_with(options, splitter.n_folds(options))
        return self

    def _agrees_with(self, options: Config, n_folds: int) -> None:
        chosen = ", ".join(f"{name}={value}" for name, value in options.model_dump().items())
        if n_folds > self.most_folds:
            raise ValueError(
                f"folds.options must make at most {self.most_folds} folds of {self.scheme}, got {n_folds:,} by "
                f"{chosen}."
            )
        if n_folds != self.n_folds:
            raise ValueError(
                f"folds.n_folds must be {n_folds} for {self.scheme} with {chosen}, got {self.n_folds}. "
                "The options decide how many there are."
            )
