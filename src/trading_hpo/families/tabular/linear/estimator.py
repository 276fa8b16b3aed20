"""Logistic and ridge regression."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.linear_model import LogisticRegression, Ridge

from trading_hpo.families.tabular.estimator import Estimator, Sample
from trading_hpo.families.tabular.linear.config import LinearConfig
from trading_hpo.tasks.task import TargetKind


class Linear(Estimator):
    """Minimises the mean log loss, or half the mean squared error, plus half the penalty times the squared weights."""

    def fit(self, config: LinearConfig, kind: TargetKind, train: Sample, stop: Sample, seed: int) -> Any:
        """Solve for the weights; nothing is drawn.

        **Looks ahead:** label only, of the train rows.
        """
        del stop, seed
        penalty = config.linear_penalty * len(train.target)  # scikit-learn adds losses up
        if kind == "number":
            return Ridge(penalty).fit(*train)
        return LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-6).fit(*train)

    def output(self, fitted: Any, columns: Float[np.ndarray, "N P"]) -> Float[np.ndarray, " N"]:
        """Return the weighted sums.

        Row by row: a matrix product rounds a row by its place among the others.
        """
        return (columns * fitted.coef_.ravel()).sum(axis=1) + np.ravel(fitted.intercept_)

    def described(self, fitted: Any) -> Mapping[str, Any]:
        """Return nothing: the parameters say it all."""
        del fitted
        return {}

    def problem_of(self, fitted: Any, n_columns: int) -> str | None:
        """Say whether the weights are another kind's or another number's."""
        if type(fitted) not in (LogisticRegression, Ridge):
            return f"a linear model, got {type(fitted).__name__}"
        weights = np.concatenate([np.ravel(fitted.coef_), np.ravel(fitted.intercept_)])
        return None if weights.size == n_columns + 1 else f"{n_columns + 1} weights, got {weights.size}"

    def largest_size_mb(self, config: LinearConfig, n_columns: int) -> float:
        """Return the size of weights and intercept."""
        del config
        return 8 * (n_columns + 1) / 1024**2


LINEAR = Linear()
