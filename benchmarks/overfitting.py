"""What the statistics of selection bias cost on one core: PBO, the reality check and Hansen's test.

1,000 trials of 2,500 bars without skill. PBO has 16 blocks, so 12,870 halves. ``purgedcv`` computes each ratio of each
half from the bars; with 8 blocks, so 70 halves, it takes half a minute, and both must have the same logits.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from benchmarks.measure import Row, fresh, quiet
from benchmarks.resident import Resident

N_TRIALS, N_BARS, N_BLOCKS, N_DRAWS, MEAN_LENGTH = 1_000, 2_500, 16, 1_000, 13.0
REPEATS, PEER_BLOCKS = 3, 8
LIMIT_S, LIMIT_MB, PEER = 10.0, 1024.0, 100.0
MODEL_TYPES, BASE_TRIALS, MANY_TRIALS, LIMIT_OF_A_RUN_S = 6, 4, 500, 5.0


def rows(_: Path) -> Iterator[Row]:
    """Measure each in a process of its own."""
    busy = [quiet()]
    seconds, peak_mb = fresh(_pbo)
    size = f"{N_TRIALS:,} trials x {N_BARS:,} bars"
    what = f"PBO of {size}, {N_BLOCKS} blocks"
    yield Row("overfitting.pbo", f"{what}, processor time", seconds, "s", LIMIT_S, other_cores=busy)
    yield Row("overfitting.pbo_memory", f"{what}, peak above the imports", [peak_mb], "MB", LIMIT_MB, digits=0)
    ratio = [fresh(_peer)]
    compares = f"purgedcv / PBO of {size}, {PEER_BLOCKS} blocks"
    yield Row("overfitting.peer", compares, ratio, "x", PEER, at_least=True, other_cores=busy, digits=0)
    what = f"reality check and Hansen's test of {size}, {N_DRAWS:,} resamples each, processor time"
    yield Row("overfitting.reality_check", what, fresh(_tests), "s", LIMIT_S, other_cores=busy)
    for n_trials, limit in ((BASE_TRIALS, LIMIT_OF_A_RUN_S), (MANY_TRIALS, None)):
        what = f"tests and statistics of {MODEL_TYPES} model types x {n_trials:,} trials x {N_BARS:,} bars, imports too"
        taken = [fresh(_of_a_run, n_trials) for _ in range(REPEATS)]
        yield Row(f"overfitting.run_{n_trials}", what, taken, "s", limit, other_cores=busy)


def _luck() -> Float[np.ndarray, "N T"]:
    return np.random.default_rng(0).normal(0.0, 0.01, (N_TRIALS, N_BARS))


def _pbo() -> tuple[list[float], float]:
    """Return the seconds of each repeat, and the most memory of all, the returns included."""
    from trading_hpo.overfitting.backtest_overfitting import overfitting_probability

    before = Resident.now()
    Resident.forget_peak()
    returns, seconds = _luck(), []
    for _ in range(REPEATS):
        began = time.process_time()
        overfitting_probability(returns, N_BLOCKS)
        seconds.append(time.process_time() - began)
    return seconds, Resident.now().peak_mb - before.anonymous_mb - before.file_mb


def _peer() -> float:
    from purgedcv import probability_of_backtest_overfitting

    from trading_hpo.overfitting.backtest_overfitting import Overfitting, overfitting_probability

    returns = _luck()[:, N_BARS % PEER_BLOCKS :]
    began = time.process_time()
    theirs = probability_of_backtest_overfitting(returns, PEER_BLOCKS)
    theirs_s, ours_s = time.process_time() - began, []
    for _ in range(REPEATS):
        began = time.process_time()
        ours = overfitting_probability(returns, PEER_BLOCKS)
        ours_s.append(time.process_time() - began)
    if not isinstance(ours, Overfitting) or not np.allclose(ours.logits[::-1], theirs.logits):
        raise RuntimeError("both must have the same logits")
    return theirs_s / float(np.median(ours_s))


def _tests() -> list[float]:
    from trading_hpo.overfitting.reality_check import reality_check, superior_predictive_ability

    returns, seconds = _luck(), []
    for _ in range(REPEATS):
        began = time.process_time()
        reality_check(returns, MEAN_LENGTH, N_DRAWS)
        superior_predictive_ability(returns, MEAN_LENGTH, N_DRAWS)
        seconds.append(time.process_time() - began)
    return seconds


def _of_a_run(n_trials: int) -> float:
    """Return the seconds that a run takes for what its node of validation computes, of returns that are read."""
    began = time.process_time()
    from trading_hpo.analysis.kept_trials import KeptTrials, Tried
    from trading_hpo.analysis.selection_statistics import selection_statistics
    from trading_hpo.analysis.validation_tests import validation_tests
    from trading_hpo.families.registry import MODEL_TYPES as KNOWN

    imported_s, random = time.process_time() - began, np.random.default_rng(0)
    kept, chosen = {}, {}
    for name in list(KNOWN)[:MODEL_TYPES]:
        trials = [(name, number) for number in range(n_trials)]
        active = random.normal(0.0, 0.01, (n_trials, N_BARS))
        scores = random.normal(0.0, 1.0, (n_trials, 32))
        by_trial = [dict(zip(trials, part, strict=True)) for part in (scores, active, active)]
        kept[name] = KeptTrials("same", 1, 252.0, {}, dict.fromkeys(trials, ("mcc", 4)), *by_trial)
        chosen[name] = trials[0]
    tried = {"same": Tried(MODEL_TYPES * n_trials, [])}
    began = time.process_time()
    validation_tests(kept, chosen, tried)
    selection_statistics(kept, chosen, tried)
    return imported_s + time.process_time() - began
