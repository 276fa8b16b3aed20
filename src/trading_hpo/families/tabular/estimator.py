"""What this family asks of a model from scikit-learn: one per target."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from jaxtyping import Float

from trading_hpo.tasks.task import TargetKind


class Sample(NamedTuple):
    """Rows and their target: 0 or 1 of a class, a number in the unit of the train rows otherwise.

    ``weight`` says how much each counts, 1 in the mean; none: all count the same.
    """

    columns: Float[np.ndarray, "N P"]
    target: Float[np.ndarray, " N"]
    weight: Float[np.ndarray, " N"] | None = None


class Estimator(Protocol):
    """How a model type fits one target. What it fits is a plain estimator, which is saved as it is."""

    def fit(self, config: Any, kind: TargetKind, train: Sample, stop: Sample, seed: int) -> Any:
        """Fit a model.

        **Looks ahead:** label only; weights and trees see train rows, their number stop rows.

        Args:
            config: Of the model type, as the trial chose it.
            kind: Of the target.
            train: Rows that are learned from; of a class with both classes.
            stop: Rows that may stop the training.
            seed: Of all that is drawn.
        """

    def output(self, fitted: Any, columns: Float[np.ndarray, "N P"]) -> Float[np.ndarray, " N"]:
        """Return the logit of the positive class, or the number.

        A row has the same bits whatever other rows are there.
        """

    def described(self, fitted: Any) -> Mapping[str, Any]:
        """Return what a person wants to know of a fit beside its parameters, as plain data."""

    def problem_of(self, fitted: Any, n_columns: int) -> str | None:
        """Say why what was read from a file is no model of so many columns; none where it is one."""

    def largest_size_mb(self, config: Any, n_columns: int) -> float:
        """Return the most memory that what is fitted can take, in MB of 1024 squared bytes."""
