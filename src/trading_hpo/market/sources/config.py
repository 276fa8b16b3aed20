"""Settings of the sources that read a user's files."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from trading_hpo.configuration import Config
from trading_hpo.errors import did_you_mean
from trading_hpo.types import REGIME

BAR_COLUMNS = ("timestamp", "asset", "open", "high", "low", "close", "volume")
PRICES = ("open", "high", "low", "close")
ADJUSTED_CLOSE = "adjusted_close"  # read where prices are to be adjusted; not a column of bars
TABLE_COLUMNS = (*BAR_COLUMNS, REGIME)
FILE_SOURCES = ("csv", "parquet")


class FileSource(Config):
    """A user's own bars: one long table, or a folder with one file per asset."""

    path: str | None = Field(default=None, description="A file, or a folder of files named <asset>.csv or .parquet")
    bars_per_year: float | None = Field(
        default=None, gt=0, description="252 for daily stocks, 8760 for hourly crypto; null: as many as the stamps show"
    )
    columns: dict[str, str] = Field(
        default_factory=dict,
        description="our column name -> name in the file; regime: labels by which scores are divided",
    )
    one_asset: bool = Field(default=False, description="a file without a column for the asset holds one, for certain")
    timestamp_format: str | None = Field(
        default=None,
        description="strptime format, s, ms, us, ns for a Unix time, excel for day numbers; null: pandas reads it",
    )
    timezone: str = Field(default="UTC", description="of timestamps that carry none")
    clock_changes: Literal["refuse", "infer", "summer", "winter"] = Field(
        default="refuse",
        description="local times that exist twice: their order shows which, or all are of one kind",
    )
    adjusted: bool = Field(default=False, description="scale open, high, low and close by the adjusted close")

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        known = (*TABLE_COLUMNS, ADJUSTED_CLOSE)
        for name in columns:
            if name not in known:
                raise ValueError(f"{name!r} is not a column of bars. {did_you_mean(name, known)}")
        return columns


class CsvSource(FileSource):
    """Bars in text files."""

    skip_rows: int = Field(default=0, ge=0, description="lines before the header")
    separator: str = Field(default=",", min_length=1, max_length=1, description="between two columns; \\t for tabs")
    decimal: Literal[".", ","] = Field(default=".", description="before a number's fraction")
    thousands: Literal[",", ".", " ", "'"] | None = Field(default=None, description="between groups of three digits")
    encoding: str = Field(default="utf-8", description="such as utf-16 or cp1252")

    @field_validator("separator", mode="before")
    @classmethod
    def _tab(cls, separator: object) -> object:
        return "\t" if separator in ("\\t", "tab") else separator

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            "".encode(encoding)  # some codecs are none of text
        except LookupError:
            raise ValueError(
                f"must be an encoding that Python knows, such as utf-8, utf-16 or cp1252, got {encoding!r}"
            ) from None
        return encoding

    @model_validator(mode="after")
    def _signs_differ(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f".thousands must differ from decimal, got {self.thousands!r} for both")
        return self


class SourcesConfig(Config):
    """Settings of the sources that read a user's files, and what bars may look like."""

    csv: CsvSource = CsvSource()
    parquet: FileSource = FileSource()
    max_missing_bars: int = Field(default=10, ge=0, description="longest run of missing bars of one asset")
    repeated_bars: Literal["refuse", "drop", "keep"] = Field(
        default="refuse",
        description="bars that repeat the one before: three or more alike, weekends filled with Friday",
    )
