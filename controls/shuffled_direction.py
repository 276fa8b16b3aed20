"""A task: the direction label of another bar, so that there is nothing to learn and nothing else has changed."""

from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float
from pydantic import Field

from trading_hpo.tasks.direction import Direction


class ShuffledDirection(Direction):
    """The labels of ``direction`` in another order of the bars.

    Assets with equally many bars are permuted alike, so that the labels of one bar stay together: how often each stock
    rises, and which rise together, is as it was. Returns are not touched: the back-test trades the real market.

    Example:
        >>> bars = pd.DataFrame({"close": [1.0, 2.0, 3.0, 2.0, 1.0]})
        >>> ShuffledDirection(shuffle_seed=1).build(bars).ravel().tolist()
        [1.0, 0.0, 0.0, 1.0, nan]
    """

    name: ClassVar[str] = "shuffled_direction"

    shuffle_seed: int = Field(default=0, ge=0, description="another seed, another order")

    def build(self, bars: pd.DataFrame) -> Float[np.ndarray, "T 1"]:
        """**Looks ahead:** over all bars, on purpose: what it sees there belongs to no bar of its own."""
        labels = super().build(bars).copy()  # pandas lends its own, read-only
        known = np.flatnonzero(np.isfinite(labels[:, 0]))
        labels[known] = np.random.default_rng(self.shuffle_seed).permutation(labels[known])
        return labels
