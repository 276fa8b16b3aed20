"""How a project makes its data, handed in as functions, so that it can be done again with other bars."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from trading_hpo.errors import DataError
from trading_hpo.splits.folds import Split
from trading_hpo.types import Panel


@dataclass(frozen=True)
class Built:
    """What bars have become.

    Attributes:
        bars: Clean, asset after asset.
        features: Long table ``timestamp, asset, <feature>...``, a line for each of the bars.
        panel: Of these features, with labels.
    """

    bars: pd.DataFrame
    features: pd.DataFrame
    panel: Panel

    @property
    def columns(self) -> list[str]:
        """Names of the features' columns."""
        return [str(name) for name in self.features.columns if name not in ("timestamp", "asset")]


@dataclass(frozen=True)
class Rebuild:
    """How a project makes its data, step by step.

    Attributes:
        clean: Bars of a source -> bars that are trusted.
        features: Clean bars -> table of features.
        panel: Clean bars and features -> panel, with labels.
        split: Panel -> folds and holdout.
        scale: Panel and rows -> numbers by which the features of these rows are scaled, one column per feature.
        window_bars: History that every sample has.
    """

    clean: Callable[[pd.DataFrame], pd.DataFrame]
    features: Callable[[pd.DataFrame], pd.DataFrame]
    panel: Callable[[pd.DataFrame, pd.DataFrame], Panel]
    split: Callable[[Panel], Split]
    scale: Callable[[Panel, Int[np.ndarray, " N"]], Float[np.ndarray, "S F"]]
    window_bars: int

    def build(self, bars: pd.DataFrame) -> Built:
        """Make features and panel of clean bars.

        Raises:
            DataError: They cannot be made of these bars.
        """
        features = self.features(bars)
        return Built(bars, features, self.panel(bars, features))


@contextmanager
def made_again_with(changed: str) -> Iterator[None]:
    """Say in a message of bad data what is other than in the source.

    Raises:
        DataError: The data cannot be made of these bars.
    """
    try:
        yield
    except DataError as error:
        raise DataError(
            [f"the data must be made again with {changed}, got: {problem}" for problem in error.problems]
        ) from error
