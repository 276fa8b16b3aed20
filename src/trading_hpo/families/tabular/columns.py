"""Windows -> the columns that a reference learns from: scaled features, today's and earlier, and the asset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.families.tabular.spans import Lags, name_of, spans_of
from trading_hpo.types import Panel

Lag = Callable[[int], Float[np.ndarray, "N F"]]  # features so many bars before each row


@dataclass(frozen=True)
class Columns:
    """How rows become columns, P of them: features by span, scaled as the train rows are, then one per asset.

    Attributes:
        lags: Which bars they are made of.
        window_bars: L.
        n_assets: A.
        mean: Of each column of features, over the train rows.
        spread: Likewise, 1 where a column never moves.
        clip: Scaled values are clipped there, as those of networks are.
    """

    lags: Lags
    window_bars: int
    n_assets: int
    mean: Float[np.ndarray, " D"]
    spread: Float[np.ndarray, " D"]
    clip: float

    @staticmethod
    def fit(
        panel: Panel, rows: Int[np.ndarray, " N"], lags: Lags, window_bars: int, clip: float
    ) -> "tuple[Columns, Float[np.ndarray, 'N P']]":
        """Return the columns of a panel with the scale of the rows, and those rows as columns.

        **Looks ahead:** never, given train rows.
        """
        values = _unscaled(_lag_of(panel, rows), spans_of(lags, window_bars))
        mean, spread = values.mean(axis=0), values.std(axis=0)
        spread[spread < 1e-12] = 1.0
        columns = Columns(lags, window_bars, panel.n_assets, mean, spread, clip)
        return columns, columns._scaled(values, panel.asset[rows])

    @property
    def n_columns(self) -> int:
        """P."""
        return len(self.mean) + self.n_assets

    def names(self, features: Sequence[str]) -> list[str]:
        """Return the names of the columns of features."""
        return [name_of(feature, span) for span in spans_of(self.lags, self.window_bars) for feature in features]

    def of_rows(self, panel: Panel, rows: Int[np.ndarray, " N"]) -> Float[np.ndarray, "N P"]:
        """Return the columns of rows of a panel.

        **Looks ahead:** never; a row is made of its own window.
        """
        return self._of(_lag_of(panel, rows), panel.asset[rows])

    def of_windows(self, windows: Float[np.ndarray, "N L F"], asset: Int[np.ndarray, " N"]) -> Float[np.ndarray, "N P"]:
        """Return the columns of windows of unscaled features, oldest bar first."""
        return self._of(lambda bars: windows[:, -1 - bars].astype(np.float64), asset)

    def _of(self, lag: Lag, asset: Int[np.ndarray, " N"]) -> Float[np.ndarray, "N P"]:
        return self._scaled(_unscaled(lag, spans_of(self.lags, self.window_bars)), asset)

    def _scaled(self, values: Float[np.ndarray, "N D"], asset: Int[np.ndarray, " N"]) -> Float[np.ndarray, "N P"]:
        values = ((values - self.mean) / self.spread).clip(-self.clip, self.clip)
        return np.concatenate([values, np.eye(self.n_assets)[asset]], axis=1)


def _lag_of(panel: Panel, rows: Int[np.ndarray, " N"]) -> Lag:
    return lambda bars: panel.features[rows - bars].astype(np.float64)


def _unscaled(lag: Lag, spans: Sequence[range]) -> Float[np.ndarray, "N D"]:
    # Added up bar by bar, not by running sums: a row has the same bits wherever its panel begins.
    return np.concatenate([sum(map(lag, span[1:]), lag(span[0])) / len(span) for span in spans], axis=1)
