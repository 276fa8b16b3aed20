"""What tasks share whose targets are classes."""

from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float

from trading_hpo.metrics.metric import Need
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.task import Decision, Forecast, TargetKind, Task


class ClassTask(Task):
    """A task whose targets are 0 or 1; a row is positive where the first is 1."""

    target_kind: ClassVar[TargetKind] = "class"
    provides: ClassVar[tuple[Need, ...]] = ("probability",)

    def scale(self, targets: Float[np.ndarray, "R C"]) -> Float[np.ndarray, " C"]:
        """Return ones: classes have no unit."""
        return np.ones(targets.shape[1], dtype=np.float32)

    def forecast(self, output: Float[np.ndarray, "R O"], head: Head, unit: Float[np.ndarray, " C"]) -> Forecast:
        """Return logits as scores, with the probabilities they stand for.

        Example:
            >>> from trading_hpo.tasks.head import LOGIT
            >>> from trading_hpo.tasks.direction import Direction
            >>> Direction().forecast(np.array([[0.0], [2.0]]), LOGIT, np.ones(1)).probability.round(2).tolist()
            [0.5, 0.88]
        """
        from scipy.special import expit  # a command that only reads a configuration can do without it

        del unit
        score = output[:, 0]
        if head.kind == "position":
            return Forecast(score, position=np.tanh(score))
        return Forecast(score, probability=expit(score))

    def truth(self, targets: Float[np.ndarray, "R C"]) -> Bool[np.ndarray, " R"]:
        """Return whether the class is 1."""
        truth: Bool[np.ndarray, " R"] = targets[:, 0] > 0.5
        return truth

    def baseline(self, targets: Float[np.ndarray, "R C"], n_rows: int) -> tuple[Forecast, Decision]:
        """Return the majority class as the call and its share as the probability; a tie is called negative."""
        majority = float(self.truth(targets).mean() > 0.5)
        share = float(targets[:, 0].mean())
        return Forecast(np.full(n_rows, majority), probability=np.full(n_rows, share)), Decision(0.5)
