"""Histogram-based gradient boosting, stopped early by the stop rows."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

from trading_hpo.families.tabular.estimator import Estimator, Sample
from trading_hpo.families.tabular.gradient_boosting.config import GradientBoostingConfig
from trading_hpo.tasks.task import TargetKind

_SEEDS = 2**32  # that scikit-learn takes


class GradientBoosting(Estimator):
    """Trees are added while the loss of the stop rows falls; those after its minimum are not used."""

    def fit(self, config: GradientBoostingConfig, kind: TargetKind, train: Sample, stop: Sample, seed: int) -> Any:
        """Add trees until the loss of the stop rows has not fallen for as many as the patience allows.

        Without rows for validation scikit-learn would draw a share of the train rows at random, neighbours of those
        that it learns from.

        **Looks ahead:** label only; trees see train rows, their number stop rows.

        Source: Friedman (2001), Greedy Function Approximation; histograms as of Ke et al. (2017), LightGBM.
        """
        model = HistGradientBoostingClassifier if kind == "class" else HistGradientBoostingRegressor
        return model(
            learning_rate=config.boosting_learning_rate,
            max_leaf_nodes=config.boosting_max_leaf_nodes,
            min_samples_leaf=config.boosting_min_samples_leaf,
            l2_regularization=config.boosting_l2,
            max_features=config.boosting_max_features,
            max_iter=config.boosting_max_iterations,
            n_iter_no_change=config.boosting_patience,
            early_stopping=True,
            validation_fraction=None,
            tol=0.0,
            random_state=seed % _SEEDS,
        ).fit(*train, X_val=stop.columns, y_val=stop.target, sample_weight_val=stop.weight)

    def output(self, fitted: Any, columns: Float[np.ndarray, "N P"]) -> Float[np.ndarray, " N"]:
        """Return the sums of leaves up to the best iteration."""
        is_class = isinstance(fitted, HistGradientBoostingClassifier)
        stages = fitted.staged_decision_function(columns) if is_class else fitted.staged_predict(columns)
        best = _iterations(fitted)
        (output,) = islice(stages, best - 1, best)
        return output

    def described(self, fitted: Any) -> Mapping[str, Any]:
        """Return how many trees are used."""
        return {"iterations": _iterations(fitted)}

    def problem_of(self, fitted: Any, n_columns: int) -> str | None:
        """Say whether trees are of other columns, or lead out of themselves: scikit-learn would follow them."""
        if type(fitted) not in (HistGradientBoostingClassifier, HistGradientBoostingRegressor):
            return f"gradient-boosted trees, got {type(fitted).__name__}"
        if fitted.n_features_in_ != n_columns:
            return f"trees of {n_columns} columns, got some of {fitted.n_features_in_}"
        trees = [tree for stage in fitted._predictors for tree in stage]
        if len(trees) < _iterations(fitted) or not all(_is_tree(tree.nodes, n_columns) for tree in trees):
            return "trees whose nodes lead to nodes and columns that are there"
        return None

    def largest_size_mb(self, config: GradientBoostingConfig, n_columns: int) -> float:
        """Return the size of as many and as large trees as there may be."""
        del n_columns
        nodes = config.boosting_max_iterations * (2 * config.boosting_max_leaf_nodes - 1)
        return nodes * PREDICTOR_RECORD_DTYPE.itemsize / 1024**2


def _iterations(fitted: Any) -> int:
    """Return how many trees have the least loss on the stop rows, at least one; the first score is without any."""
    return 1 + int(np.argmax(fitted.validation_score_[1:]))


def _is_tree(nodes: np.ndarray, n_columns: int) -> bool:
    if nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1 or not len(nodes):
        return False
    inner, place = nodes[nodes["is_leaf"] == 0], np.flatnonzero(nodes["is_leaf"] == 0)
    children = np.concatenate([inner["left"], inner["right"]]).astype(np.int64)
    return bool(
        (children > np.tile(place, 2)).all()  # so that every path ends
        and (children < len(nodes)).all()
        and (inner["feature_idx"] >= 0).all()
        and (inner["feature_idx"] < n_columns).all()
        and not nodes["is_categorical"].any()
    )


GRADIENT_BOOSTING = GradientBoosting()
