"""The returns of each of the next H bars."""

from typing import ClassVar, Self

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from pydantic import Field, model_validator

from trading_hpo.tasks.head import Head
from trading_hpo.tasks.number_task import NumberTask
from trading_hpo.tasks.task import Decision, Forecast


class Path(NumberTask):
    """The simple return of each of the next H bars; the price path that they make is judged, called and traded.

    A trial may learn fewer steps (``pred_len``). All trials have the same labels, which end after H bars, and all are
    judged on the same steps, of which a trial must learn at least as many: 1 to ``judged_bars``.

    Source: Ben Taieb, Bontempi, Atiya and Sorjamaa (2012), A Review and Comparison of Strategies for Multi-Step Ahead
    Time Series Forecasting: all steps at once.

    Example:
        >>> Path(horizon_bars=2).build(pd.DataFrame({"close": [1.0, 2.0, 1.0]})).tolist()
        [[1.0, -0.5], [-0.5, nan], [nan, nan]]
    """

    name: ClassVar[str] = "path"
    objective: ClassVar[str] = "mape"

    judged_bars: int | None = Field(
        default=None, ge=1, strict=True, description="steps that every trial is judged on; null: all H"
    )

    @model_validator(mode="after")
    def _within_the_horizon(self) -> Self:
        if self.judged_bars is not None and self.judged_bars > self.horizon_bars:
            raise ValueError(
                f"judged_bars must be at most horizon_bars ({self.horizon_bars}), got {self.judged_bars}. Lower it, or "
                "raise horizon_bars."
            )
        return self

    @property
    def n_targets(self) -> int:
        """H, one for each step."""
        return self.horizon_bars

    @property
    def judged_steps(self) -> int:
        """As configured, or all."""
        return self.judged_bars or self.horizon_bars

    @property
    def returns(self) -> slice:
        """The judged steps."""
        return slice(0, self.judged_steps)

    def build(self, bars: pd.DataFrame) -> Float[np.ndarray, "T C"]:
        """**Looks ahead:** label only, step k to the bar k bars on."""
        one_bar = bars["close"] / bars["close"].shift() - 1
        return np.column_stack([one_bar.shift(-step) for step in range(1, self.horizon_bars + 1)])

    def forecast(self, output: Float[np.ndarray, "R O"], head: Head, unit: Float[np.ndarray, " C"]) -> Forecast:
        """Return the judged steps; the score is their cumulative return.

        Its unit is the spread that the steps would have together if they moved independently of each other.

        Example:
            >>> from trading_hpo.tasks.head import VALUE
            >>> forecast = Path(horizon_bars=2).forecast(np.array([[3.0, -1.0]]), VALUE, np.array([0.03, 0.04]))
            >>> forecast.values.round(3).tolist(), forecast.score.round(4).tolist()
            ([[0.09, -0.04]], [0.928])
        """
        forecast = super().forecast(output, head, unit)
        if forecast.values is None:
            return forecast
        values = forecast.values[:, : self.judged_steps]
        quantiles = None if forecast.quantiles is None else forecast.quantiles[:, : self.judged_steps]
        spread = float(np.sqrt(np.square(unit[: self.judged_steps], dtype=np.float64).sum()))
        return Forecast(_cumulative(values) / spread, values=values, quantiles=quantiles, levels=forecast.levels)

    def truth(self, targets: Float[np.ndarray, "R C"]) -> Bool[np.ndarray, " R"]:
        """Return whether the price is higher after the judged steps."""
        truth: Bool[np.ndarray, " R"] = _cumulative(targets[:, : self.judged_steps]) > 0
        return truth

    def baseline(self, targets: Float[np.ndarray, "R C"], n_rows: int) -> tuple[Forecast, Decision]:
        """Return the more frequent sign as the call and the mean of each judged step as the values."""
        return super().baseline(targets[:, : self.judged_steps], n_rows)


def _cumulative(returns: Float[np.ndarray, "R S"]) -> Float[np.ndarray, " R"]:
    return np.prod(1 + returns.astype(np.float64), axis=1) - 1
