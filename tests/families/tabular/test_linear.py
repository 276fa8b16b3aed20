import numpy as np
import pytest
from scipy.optimize import minimize

from trading_hpo.families.tabular.estimator import Sample
from trading_hpo.families.tabular.linear.config import LinearConfig
from trading_hpo.families.tabular.linear.estimator import LINEAR

PENALTIES = (1e-3, 0.1, 5.0)
RNG = np.random.default_rng(0)
COLUMNS = RNG.normal(size=(300, 4)) * [1, 2, 1, 1]
SIGNAL = COLUMNS @ [1.0, -0.5, 0.0, 0.2] + 0.7 + RNG.normal(size=300)
NO_STOP = Sample(COLUMNS[:0], SIGNAL[:0])


def fitted(kind: str, target: np.ndarray, penalty: float):
    return LINEAR.fit(LinearConfig(linear_penalty=penalty), kind, Sample(COLUMNS, target), NO_STOP, seed=0)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_number_has_the_weights_of_the_normal_equations(penalty: float) -> None:
    model = fitted("number", SIGNAL, penalty)
    centred, mean = COLUMNS - COLUMNS.mean(axis=0), SIGNAL.mean()
    weights = np.linalg.solve(centred.T @ centred / 300 + penalty * np.eye(4), centred.T @ (SIGNAL - mean) / 300)
    expected = centred @ weights + mean
    np.testing.assert_allclose(LINEAR.output(model, COLUMNS), expected, rtol=1e-9)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_class_has_the_weights_that_minimise_the_mean_loss_and_the_penalty(penalty: float) -> None:
    target = (SIGNAL > 0).astype(float)

    def loss(weights: np.ndarray) -> float:
        logit = COLUMNS @ weights[:4] + weights[4]
        return float((np.logaddexp(0, logit) - target * logit).mean() + penalty / 2 * (weights[:4] ** 2).sum())

    least = minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-9}).x
    output = LINEAR.output(fitted("class", target, penalty), COLUMNS)
    np.testing.assert_allclose(output, COLUMNS @ least[:4] + least[4], atol=1e-5)


@pytest.mark.parametrize("kind", ["class", "number"])
def test_a_row_has_the_same_bits_alone(kind: str) -> None:
    model = fitted(kind, (SIGNAL > 0).astype(float), 0.1)
    together = LINEAR.output(model, COLUMNS)
    np.testing.assert_array_equal([LINEAR.output(model, row[None])[0] for row in COLUMNS], together)


def test_its_size_is_that_of_its_weights() -> None:
    model = fitted("number", SIGNAL, 0.1)
    n_bytes = model.coef_.nbytes + np.asarray(model.intercept_).nbytes
    assert LINEAR.largest_size_mb(LinearConfig(), 4) == n_bytes / 1024**2


@pytest.mark.parametrize("kind", ["class", "number"])
def test_a_row_that_counts_twice_is_as_good_as_two(kind: str) -> None:
    target = (SIGNAL > 0).astype(float) if kind == "class" else SIGNAL
    twice = np.arange(300) < 100
    weight = np.where(twice, 2.0, 1.0)
    weight /= weight.mean()
    columns, repeated = (np.concatenate([part, part[twice]]) for part in (COLUMNS, target))
    config = LinearConfig(linear_penalty=0.1)
    weighed = LINEAR.fit(config, kind, Sample(COLUMNS, target, weight), NO_STOP, seed=0)
    written = LINEAR.fit(config, kind, Sample(columns, repeated), NO_STOP, seed=0)
    np.testing.assert_allclose(LINEAR.output(weighed, COLUMNS), LINEAR.output(written, COLUMNS), rtol=1e-5)
