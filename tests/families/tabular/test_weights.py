"""Rows count in a reference as they do in a network: by how little their labels overlap."""

from typing import Any

import numpy as np
import pytest
from tests.makers.tasks import data_of

from trading_hpo.families.tabular import fitting
from trading_hpo.families.tabular.estimator import Sample
from trading_hpo.families.tabular.gradient_boosting.config import GradientBoostingConfig
from trading_hpo.families.tabular.gradient_boosting.estimator import GRADIENT_BOOSTING
from trading_hpo.families.tabular.linear.estimator import Linear
from trading_hpo.tasks.uniqueness import uniqueness
from trading_hpo.training.config import TrainingConfig


@pytest.mark.parametrize("task", ["triple_barrier", "direction"])
def test_each_role_is_weighed_by_its_own_labels_where_the_task_says_so(monkeypatch, task):
    seen: dict[str, Any] = {}

    class Watched(Linear):
        def fit(self, config, kind, train, stop, seed):
            seen.update(train=train, stop=stop)
            return super().fit(config, kind, train, stop, seed)

    monkeypatch.setattr(fitting, "estimator_of", lambda _: Watched())
    panel, split = data_of(task)
    rows = {role: split.rows(panel, split.final_fold(0.3), role, 5) for role in ("train", "stop")}
    chosen = fitting.fit_rows("linear", {}, panel, TrainingConfig(window_bars=5), 0, 0, rows["train"], rows["stop"])
    for role, own in rows.items():
        if task == "direction":
            assert seen[role].weight is None
        else:
            expected = uniqueness(panel, own)
            np.testing.assert_allclose(seen[role].weight, expected / expected.mean())
            assert expected.std() > 0
    output = chosen.fit.output_of(panel, rows["stop"])[:, 0]
    of_rows = np.logaddexp(0, output) - panel.target[rows["stop"], 0] * output
    assert chosen.stop_loss == pytest.approx(np.average(of_rows, weights=seen["stop"].weight))


def test_trees_follow_the_rows_that_count_and_stop_by_them():
    random = np.random.default_rng(0)
    columns = random.normal(size=(600, 2))
    counts = np.arange(600) < 300
    target = np.where(counts, columns[:, 0], -columns[:, 0])  # what does not count says the opposite
    sample = Sample(columns, target, np.where(counts, 2.0, 0.0))
    fitted = GRADIENT_BOOSTING.fit(GradientBoostingConfig(), "number", sample, sample, seed=0)
    assert np.corrcoef(GRADIENT_BOOSTING.output(fitted, columns), columns[:, 0])[0, 1] > 0.9
