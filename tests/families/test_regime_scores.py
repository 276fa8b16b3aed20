"""What a forecast and its trades are worth in each regime."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.families.judged_paths import JudgedPath, judged_paths
from trading_hpo.families.judgement import JudgedRows
from trading_hpo.families.regime_scores import LEAST_BARS, N_BLOCKS, NOT_SHARED, Scale, regime_scores
from trading_hpo.market.regimes import UNKNOWN, Regimes
from trading_hpo.metrics.compute import forecast_value
from trading_hpo.metrics.metric import Targets
from trading_hpo.metrics.trading import sharpe
from trading_hpo.tasks.task import Forecast
from trading_hpo.types import BarRange, Fold

A, T = 3, 240
MCC = Scale("mcc", 0.3, 252.0, 1)
BAR = np.repeat(np.arange(T), A)  # of each row of the panel


def halves(*lengths, names=("calm", "wild")) -> Regimes:
    """Regimes one after another, of so many bars each; what is left is in none."""
    of_bar = np.full(T, UNKNOWN)
    for place, end in enumerate(np.cumsum(lengths)):
        of_bar[end - lengths[place] : end] = place
    return Regimes("state", names, of_bar[BAR], of_bar)


def path_of(right=None, first=0, seed=0, truth=None, scale=1.0) -> JudgedPath:
    """All rows from a bar on; ``right`` says how often a row of each bar is called as it comes out."""
    random = np.random.default_rng(seed)
    rows = np.flatnonzero(first <= BAR)
    truth = random.random(len(BAR)) < 0.55 if truth is None else truth
    often = np.repeat(np.full(T, 0.5) if right is None else right, A)
    called = np.where(random.random(len(BAR)) < often, truth, ~truth)
    score = np.where(called, 1.0, -1.0) * random.random(len(BAR))
    values = (random.normal(size=len(BAR)) * scale)[:, None]
    moves = np.where(truth, 1, -1)[:, None] * np.abs(values)
    forecast = Forecast(score, probability=(1 + score) / 2, values=values / 2, called=called)
    ones = np.ones(len(BAR))
    constant = Forecast(ones, probability=0.55 * ones, values=0 * values, called=ones > 0)
    judged = JudgedRows(forecast.at(rows), constant.at(rows), Targets(moves[rows], truth[rows]), BAR[rows])
    return JudgedPath(rows, judged, np.arange(first, T), random.normal(0.001, 0.01, T)[first:])


def only(found, **wanted):
    (line,) = (line for line in found["scores"] if wanted.items() <= line.items())
    return line


def test_each_regime_is_judged_as_if_there_were_no_other():
    path, regimes = path_of(), halves(100, 140)
    found = regime_scores([regimes], [path], MCC)
    for place, name in enumerate(regimes.names):
        own = regimes.of_row == place
        line = only(found, regime=name)
        assert (line["samples"], line["bars"]) == (own.sum(), own.sum() // A)
        expected = forecast_value("mcc", path.judged.forecast.at(own), path.judged.targets.at(own), 0.3)
        assert line["value"] == pytest.approx(expected, rel=1e-5)
        assert line["constant"] == 0.0
        assert line["sharpe"] == pytest.approx(sharpe(path.net[regimes.of_bar == place], 252.0), rel=1e-5)
        assert line["no_value"] == {}


def test_the_worst_is_where_the_forecast_fails_and_where_money_is_lost():
    path = path_of(right=np.repeat([0.8, 0.5, 0.7], 80))
    path.net[:80] -= 0.005
    found = regime_scores([halves(80, 80, 80, names=("low", "middle", "high"))], [path], MCC)
    assert found["scores"][found["worst_forecast"]]["regime"] == "middle"
    assert found["scores"][found["worst_money"]]["regime"] == "low"


def test_errors_are_larger_where_moves_are_so_the_worst_is_the_least_above_the_constant_forecast():
    """By its error alone a volatile regime would be the worst of any model."""
    truth = np.random.default_rng(9).random(len(BAR)) < 0.5
    wild = np.repeat(np.where(np.arange(T) < 120, 1.0, 10.0), A)
    path = path_of(truth=truth, scale=wild)
    good, moves = np.repeat(np.arange(T) >= 120, A), path.judged.targets.values
    path.judged.forecast.values[:] = np.where(good[:, None], 0.5 * moves, -0.1 * moves)
    found = regime_scores([halves(120, 120)], [path], Scale("mse", 0.3, 252.0, 1))
    calm, wild = (only(found, regime=name) for name in ("calm", "wild"))
    assert wild["value"] > calm["value"]
    assert (calm["value"] > calm["constant"], wild["value"] < wild["constant"]) == (True, True)
    assert found["scores"][found["worst_forecast"]] == calm


@pytest.mark.parametrize(
    ("metric", "n_bars", "truth", "expected"),
    [
        ("mcc", LEAST_BARS - 1, None, f"{LEAST_BARS - 1} bars, at least {LEAST_BARS} are needed"),
        ("mcc", 0, None, f"0 bars, at least {LEAST_BARS} are needed"),
        ("mcc", 60, np.ones(len(BAR), bool), "one class only"),
        ("auc", 60, np.ones(len(BAR), bool), "one class only"),
        ("pinball", 60, None, "the forecast has no quantiles"),
    ],
)
def test_where_there_is_too_little_it_says_so(metric, n_bars, truth, expected):
    found = regime_scores([halves(n_bars, T - n_bars)], [path_of(truth=truth)], Scale(metric, 0.3, 252.0, 1), True)
    calm = only(found, regime="calm")
    assert (calm["value"], calm["constant"], calm["error"]) == (None, None, None)
    assert calm["no_value"][metric] == expected
    assert calm["bars"] == n_bars
    assert found["worst_forecast"] is None  # of one alone none is the worst


def test_money_needs_bars_that_vary_and_on_which_assets_agree():
    path, regimes = path_of(), halves(60, 60)
    path.net[:60] = 0.0
    assert only(regime_scores([regimes], [path], MCC), regime="calm")["no_value"] == {
        "sharpe": "no variance of returns"
    }
    apart = Regimes("state", regimes.names, np.tile([0, 1, 1], T), np.full(T, UNKNOWN))
    found = regime_scores([apart], [path], MCC)
    assert [line["no_value"] for line in found["scores"]] == [{"sharpe": NOT_SHARED}] * 2
    assert [line["samples"] for line in found["scores"]] == [T, 2 * T]
    assert found["worst_money"] is None
    assert found["worst_forecast"] is not None


@given(
    of_bar=st.lists(st.integers(-1, 2), min_size=T, max_size=T),
    first=st.integers(0, T - 1),
    seed=st.integers(0, 100),
)
def test_rows_and_bars_are_counted_once_and_those_of_no_regime_not_at_all(of_bar, first, seed):
    of_bar = np.array(of_bar)
    path = path_of(first=first, seed=seed)
    found = regime_scores([Regimes("state", ("a", "b", "c"), of_bar[BAR], of_bar)], [path, path], MCC)["scores"]
    known = int((of_bar[first:] != UNKNOWN).sum())
    assert sum(line["bars"] for line in found) == known
    assert sum(line["samples"] for line in found) == A * known
    for line in found:
        assert (line["value"] is None) == ("mcc" in line["no_value"])
        assert (line["sharpe"] is None) == ("sharpe" in line["no_value"])


def test_of_several_paths_it_is_the_mean():
    paths, regimes = [path_of(seed=seed) for seed in range(3)], [halves(100, 140)]
    each = [regime_scores(regimes, [path], MCC)["scores"][0] for path in paths]
    found = regime_scores(regimes, paths, MCC)["scores"][0]
    for name in ("value", "sharpe"):
        assert found[name] == pytest.approx(np.mean([one[name] for one in each]), rel=1e-5)
    assert (found["samples"], found["bars"]) == (300, 100)


def test_of_a_mean_the_error_is_that_of_the_means_of_blocks():
    path = path_of()
    found = regime_scores([halves(200, 40)], [path], Scale("accuracy", 0.3, 252.0, 1), True)
    line = found["scores"][0]
    assert found["degrees_of_freedom"] == N_BLOCKS - 1
    right = (path.judged.forecast.called == path.judged.targets.positive)[: 200 * A]
    means = right.reshape(N_BLOCKS, -1).mean(axis=1)
    assert line["error"] == pytest.approx(means.std(ddof=1) / np.sqrt(N_BLOCKS), rel=1e-4)


def test_errors_are_the_spread_over_histories():
    regimes = [halves(120, 120)]
    each = [regime_scores(regimes, [path_of(seed=seed)], MCC, True)["scores"][0] for seed in range(60)]
    for value, error in (("value", "error"), ("sharpe", "sharpe_error")):
        spread = np.std([line[value] for line in each], ddof=1)
        assert np.mean([line[error] for line in each]) == pytest.approx(spread, rel=0.25)


def test_blocks_are_longer_than_labels_or_there_is_no_error():
    regimes = [halves(N_BLOCKS * 6, N_BLOCKS * 6 - 1)]
    enough, few = regime_scores(regimes, [path_of()], Scale("mcc", 0.3, 252.0, 5), True)["scores"]
    assert (enough["error"] is None, enough["sharpe_error"] is None) == (False, False)
    assert (few["error"], few["sharpe_error"]) == (None, None)
    assert few["value"] is not None


def test_without_errors_there_is_no_word_of_them():
    found = regime_scores([halves(100, 140)], [path_of()], MCC)
    assert not {"error", "sharpe_error"} & set(found["scores"][0])
    assert "degrees_of_freedom" not in found


# --- folds, path by path ---


def fold(number, *validation, paths=None) -> Fold:
    return Fold(number, (), (), tuple(BarRange(*span) for span in validation), paths or (0,) * len(validation))


def part(path: JudgedPath, *spans) -> tuple[np.ndarray, JudgedRows]:
    own = np.any([(path.judged.bar >= start) & (path.judged.bar < stop) for start, stop in spans], axis=0)
    return path.rows[own], path.judged.at(own)


def test_folds_are_put_together_to_one_history():
    whole = path_of()
    spans = [(0, 100), (100, 150), (150, T)]
    folds = [(fold(number, span), *part(whole, span)) for number, span in enumerate(spans)]
    (found,) = judged_paths(folds, {0: (whole.bars, whole.net)})
    assert found.rows.tolist() == whole.rows.tolist()
    assert found.judged.bar.tolist() == whole.judged.bar.tolist()
    for name in ("score", "probability", "values", "called"):
        assert getattr(found.judged.forecast, name).tolist() == getattr(whole.judged.forecast, name).tolist()
        assert getattr(found.judged.constant, name).tolist() == getattr(whole.judged.constant, name).tolist()
    assert found.judged.targets.values.tolist() == whole.judged.targets.values.tolist()
    assert found.judged.forecast.quantiles is None


def test_a_range_belongs_to_its_own_path():
    """Combinatorial folds: each validates two groups, and each group is a part of as many paths as folds hold it."""
    groups, paths = [(0, 80), (80, 160), (160, T)], [path_of(seed=seed) for seed in range(3)]
    held = {0: (0, 1), 1: (0, 2), 2: (1, 2)}  # groups of each fold
    on = {0: (0, 0), 1: (1, 0), 2: (1, 1)}
    folds = [
        (fold(n, *(groups[g] for g in held[n]), paths=on[n]), *part(paths[n], *(groups[g] for g in held[n])))
        for n in range(3)
    ]
    returns = {number: (np.arange(T), np.full(T, number)) for number in (0, 1)}
    first, second = judged_paths(folds, returns)
    assert first.rows.tolist() == second.rows.tolist() == list(range(T * A))
    by_group = [np.split(path.judged.forecast.score, 3) for path in (first, second)]
    sources = [np.split(path.judged.forecast.score, 3) for path in paths]
    expected = [[sources[0][0], sources[0][1], sources[1][2]], [sources[1][0], sources[2][1], sources[2][2]]]
    for found, wanted in zip(by_group, expected, strict=True):
        assert [one.tolist() for one in found] == [one.tolist() for one in wanted]
    assert (set(first.net), set(second.net)) == ({0}, {1})


def test_without_a_constant_forecast_regimes_are_compared_by_their_values():
    path = path_of(right=np.repeat([0.8, 0.5], 120))
    bare = JudgedRows(path.judged.forecast, None, path.judged.targets, path.judged.bar)
    (found,) = judged_paths([(fold(0, (0, T)), path.rows, bare)], {0: (path.bars, path.net)})
    scores = regime_scores([halves(120, 120)], [found], MCC)
    assert [line["constant"] for line in scores["scores"]] == [None, None]
    assert scores["scores"][scores["worst_forecast"]]["regime"] == "wild"
