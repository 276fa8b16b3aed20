import numpy as np
import pytest
from benchmarks.front import EPOCHS, LARGEST, PRUNERS, TRIALS, curve, hypervolume, search
from optuna._hypervolume import compute_hypervolume


@pytest.mark.parametrize("seed", range(5))
def test_the_hypervolume_is_optunas(seed):
    rng = np.random.default_rng(seed)
    points = [(float(value), float(size)) for value, size in zip(rng.random(20), rng.uniform(1, 99, 20), strict=True)]
    turned = np.array([[-value, size] for value, size in points])
    assert hypervolume(points) == pytest.approx(compute_hypervolume(turned, np.array([0.0, LARGEST])))


def test_without_pruning_every_trial_is_trained_to_its_end_and_with_it_some_are_not():
    whole = search("random", {"name": "none"}, seed=0)
    assert (len(whole.points), whole.epochs) == (TRIALS, TRIALS * EPOCHS)
    pruned = search("random", PRUNERS["successive_halving"], seed=0)
    assert set(pruned.points) < set(whole.points)  # the same configurations, the same noise
    assert pruned.epochs < whole.epochs


def test_curves_cross_so_that_pruning_can_err():
    rng = np.random.default_rng(0)
    narrow, wide = (curve({"width": width, "rate": 0.0, "drop": 0.0}, rng) for width in (0.5, 4.5))
    assert narrow[0][0] > wide[0][0]
    assert narrow[-1][0] < wide[-1][0]
