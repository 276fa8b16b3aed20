"""Which features are built."""

from collections import Counter

from pydantic import Field, field_validator

from trading_hpo.configuration import Config
from trading_hpo.market.features.registry import FEATURES


class FeaturesConfig(Config):
    """Which features are built."""

    names: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="null: the standard features whose columns the source has"
    )

    @field_validator("names")
    @classmethod
    def _known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = [name for name in names or () if name not in FEATURES]
        if unknown:
            raise ValueError(*map(FEATURES.unknown, unknown))
        if twice := _repeated(names or ()):
            raise ValueError(f"names must name each feature once, got {', '.join(map(repr, twice))} again.")
        if twice := _repeated([column for name in names or () for column in FEATURES[name].names(name)]):
            raise ValueError(f"names must give each column once, got {', '.join(map(repr, twice))} of two features.")
        return names


def _repeated(names: list[str] | tuple[str, ...]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)
