"""Markets in which no trial has skill: returns and calls of many trials with the features of real ones that matter."""

import numpy as np
from scipy.signal import lfilter

STRUCTURES = ("independent", "factor", "callers")
FOLDS, BLOCKS = 4, 8  # of the validation; blocks of each fold


def fat_tailed(random, shape):
    """Student's t of 5 degrees of freedom, of variance 1."""
    return random.standard_normal(shape) / np.sqrt(random.chisquare(5, shape) / 5) * np.sqrt(3 / 5)


def volatility(random, n_bars):
    """The logarithm follows itself by 0.97 and varies by one half: calm months and wild ones."""
    steps = random.normal(0, 0.5 * np.sqrt(1 - 0.97**2), n_bars + 200)
    return 0.01 * np.exp(lfilter([1], [1, -0.97], steps)[200:])


def active_returns(seed, structure, n_trials, n_bars):
    """Return [N, T] with an expectation of zero each.

    ``independent``: nothing in common but the volatility. ``factor``: correlated by 0.5. ``callers``: each holds one
    rising market on random bars, five in a row in the mean, less its mean exposure times the market.
    """
    random = np.random.default_rng([1, seed])
    moves = volatility(random, n_bars)
    if structure == "callers":
        market = 0.0006 + moves * fat_tailed(random, n_bars)
        held = _following(random.standard_normal((n_trials, n_bars)), 0.8) > 0
        return (held - held.mean(axis=1, keepdims=True)) * market
    common = 0.5 if structure == "factor" else 0.0
    shared, own = fat_tailed(random, n_bars), fat_tailed(random, (n_trials, n_bars))
    return moves * (np.sqrt(common) * shared + np.sqrt(1 - common) * own)


def calls_and_labels(seed, n_trials, n_bars, n_assets, common=0.5, horizon=5, edge=0.0):
    """Return calls [N, A, T] that know nothing of labels [A, T], but those of trial 0 by ``edge``.

    Labels are signs of returns over the next ``horizon`` bars: they overlap, and assets share a rising market. Calls
    follow themselves by 0.8, for all assets together and for each; trials share ``common`` of them, and each is
    inclined to one side.
    """
    random = np.random.default_rng([2, seed])
    own_moves = 0.6 * random.standard_normal((n_assets, n_bars + horizon))
    prices = np.cumsum(0.03 + 0.8 * random.standard_normal(n_bars + horizon) + own_moves, axis=1)
    labels = prices[:, horizon:] > prices[:, :-horizon]

    def leaning(*shape):
        market, each = ((*shape, size, n_bars) for size in (1, n_assets))
        draw = (random.standard_normal(size, dtype=np.float32) for size in (market, each))
        return sum(_following(part, 0.8) for part in draw) / np.sqrt(2)

    inclined = random.normal(0, 0.3, (n_trials, 1, 1))
    score = np.sqrt(common) * leaning() + np.sqrt(1 - common) * leaning(n_trials) + inclined
    score[0] += edge * (2 * labels - 1)
    return score > 0, labels


def _following(steps, weight):
    return lfilter([np.sqrt(1 - weight**2)], [1, -weight], steps, axis=-1)


def block_scores(calls, labels, folds=FOLDS, blocks=BLOCKS):
    """Return jackknife pseudo-values [N, M] of the MCC, fold by fold: their mean is the MCC's over folds."""
    edges = np.linspace(0, labels.shape[1], folds * blocks + 1).astype(int)[:-1]

    def summed(cells):
        by_block = np.add.reduceat(cells.sum(axis=-2, dtype=np.int32), edges, axis=-1)
        return by_block.reshape(*by_block.shape[:-1], folds, blocks).astype(float)

    both, called, up = summed(calls & labels), summed(calls), summed(labels)
    rows = summed(np.ones_like(labels))
    counts = [both, called, np.broadcast_to(up, both.shape), np.broadcast_to(rows, both.shape)]
    whole = [count.sum(axis=-1, keepdims=True) for count in counts]
    without = mcc(*(total - count for total, count in zip(whole, counts, strict=True)))
    return (blocks * mcc(*whole) - (blocks - 1) * without).reshape(len(calls), folds * blocks)


def mcc(both, called, up, rows):
    """Matthews' correlation from counts; 0 for a constant."""
    bottom = np.sqrt(called * (rows - called) * up * (rows - up))
    return np.divide(both * rows - called * up, bottom, out=np.zeros_like(bottom), where=bottom > 0)
