"""What tasks share whose targets are numbers."""

from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float

from trading_hpo.metrics.metric import Need
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.task import Decision, Forecast, TargetKind, Task


class NumberTask(Task):
    """A task whose targets are numbers, learned in units of their spread; a row is positive where the first is."""

    target_kind: ClassVar[TargetKind] = "number"
    objective: ClassVar[str] = "ic"
    provides: ClassVar[tuple[Need, ...]] = ("values", "quantiles")

    def scale(self, targets: Float[np.ndarray, "R C"]) -> Float[np.ndarray, " C"]:
        """Return the standard deviation of each target; 1 where it never moves."""
        return np.array([float(own.std()) or 1.0 for own in targets.T], dtype=np.float32)

    def forecast(self, output: Float[np.ndarray, "R O"], head: Head, unit: Float[np.ndarray, " C"]) -> Forecast:
        """Return outputs times the unit as values; the score is the first target's output, in no unit.

        Example:
            >>> from trading_hpo.tasks.head import VALUE, Head
            >>> from trading_hpo.tasks.forward_return import ForwardReturn
            >>> ForwardReturn().forecast(np.array([[0.5], [-1.0]]), VALUE, np.array([0.02])).values.tolist()
            [[0.01], [-0.02]]
            >>> quantiles = Head("quantiles", (0.1, 0.5, 0.9))
            >>> ForwardReturn().forecast(np.array([[-1.0, 0.5, 2.0]]), quantiles, np.array([0.02])).values.tolist()
            [[0.01]]
        """
        if head.kind == "position":
            return Forecast(output[:, 0], position=np.tanh(output[:, 0]))
        if head.kind == "quantiles":
            by_target = output.reshape(len(output), len(unit), len(head.levels))
            middle = by_target[..., int(np.argmin(np.abs(np.array(head.levels) - 0.5)))]
            quantiles = by_target * unit[:, None]
            return Forecast(middle[:, 0], values=middle * unit, quantiles=quantiles, levels=head.levels)
        return Forecast(output[:, 0], values=output * unit)

    def truth(self, targets: Float[np.ndarray, "R C"]) -> Bool[np.ndarray, " R"]:
        """Return whether the number is above 0."""
        truth: Bool[np.ndarray, " R"] = targets[:, 0] > 0
        return truth

    def baseline(self, targets: Float[np.ndarray, "R C"], n_rows: int) -> tuple[Forecast, Decision]:
        """Return the more frequent sign as the call and the means as the values; a tie is called negative."""
        majority = 1.0 if float(self.truth(targets).mean()) > 0.5 else -1.0
        means = np.array([float(own.mean()) for own in targets.T])
        return Forecast(np.full(n_rows, majority), values=np.tile(means, (n_rows, 1))), Decision(0.0)
