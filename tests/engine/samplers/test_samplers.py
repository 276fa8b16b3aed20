"""What each of our samplers promises beside the contracts of all."""

import itertools

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState
from scipy.stats import qmc

from trading_hpo.engine.samplers.base import Draw
from trading_hpo.engine.samplers.cmaes import CmaesConfig
from trading_hpo.engine.samplers.grid import GridConfig, combinations
from trading_hpo.engine.samplers.registry import SAMPLERS
from trading_hpo.engine.space import CategoricalParameter, FloatParameter, IntParameter, suggest
from trading_hpo.errors import ConfigurationError

STEPPED = {
    "layers": IntParameter(type="int", low=1, high=3),
    "width": FloatParameter(type="float", low=0.0, high=1.0, step=0.5),
    "norm": CategoricalParameter(type="categorical", choices=(True, False)),
    "momentum": CategoricalParameter(type="categorical", choices=(0.8, 0.9), only_if={"norm": True}),
}
NUMERIC = {name: FloatParameter(type="float", low=-5.0, high=5.0) for name in ("x", "y", "z")}


def run(name, space, objective, n_trials, seed=0, **options):
    """Search as the proposer does: a fresh sampler for every slot."""
    study = optuna.create_study()
    config = SAMPLERS[name](**options)
    for slot in range(n_trials):
        study.sampler = config.make(Draw(space, seed, slot))
        trial = study.ask()
        parameters = suggest(space, trial)
        study.tell(trial, objective(parameters))
    return study


def sphere(parameters):
    return sum((value - 1.5) ** 2 for value in parameters.values())


def test_the_grid_has_every_combination_once_with_what_applies():
    expected = [
        {"layers": layers, "width": width, "norm": norm, **({"momentum": m} if norm else {})}
        for layers, width in itertools.product((1, 2, 3), (0.0, 0.5, 1.0))
        for norm, m in ((True, 0.8), (True, 0.9), (False, None))
    ]
    found = combinations(STEPPED)
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert GridConfig().n_slots(STEPPED) == 27
    tried = [str(trial.params) for trial in run("grid", STEPPED, lambda _: 0.0, 27).trials]
    assert len(set(tried)) == 27


def test_a_grid_of_a_continuous_range_is_refused_with_the_remedy():
    with pytest.raises(ConfigurationError, match="x must have a step or be categorical"):
        combinations(NUMERIC)


def test_a_grid_beyond_counting_is_refused():
    wide = {f"p{number}": IntParameter(type="int", low=1, high=100) for number in range(4)}
    with pytest.raises(ConfigurationError, match="at most 1,000,000 combinations"):
        combinations(wide)


def test_slots_of_the_even_sequence_are_scipys_points():
    study = run("qmc", NUMERIC, sphere, 8, seed=3)
    points = qmc.Sobol(3, scramble=True, rng=3).random(8)
    expected = -5 + 10 * points
    found = np.array([[trial.params[name] for name in NUMERIC] for trial in study.trials])
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_cmaes_replays_its_state_and_comes_nearer_than_chance():
    best = {
        name: np.median([run(name, NUMERIC, sphere, 120, seed=seed).best_value for seed in range(5)])
        for name in ("cmaes", "random")
    }
    assert best["cmaes"] < 0.1 * best["random"]


def test_cmaes_learns_of_complete_trials_only():
    space, study = NUMERIC, optuna.create_study()
    config = CmaesConfig(population_size=4)
    for slot in range(12):
        study.sampler = config.make(Draw(space, 0, slot))
        trial = study.ask()
        suggest(space, trial)
        study.tell(trial, state=TrialState.FAIL)
    # Nothing is known: the next points still lie about the middle, within half a range.
    study.sampler = config.make(Draw(space, 0, 12))
    assert all(abs(value) < 5.0 for value in suggest(space, study.ask()).values())
