"""Statistics of selection bias of chosen configurations, from what their studies have kept."""

from dataclasses import replace

import numpy as np
import pytest

from trading_hpo.analysis import trials_together
from trading_hpo.analysis.forecast_losses import forecast_losses
from trading_hpo.analysis.kept_trials import KeptTrials, Tried
from trading_hpo.analysis.selection_statistics import bars_to_settle, selection_statistics
from trading_hpo.analysis.trials_together import Together
from trading_hpo.analysis.validation_tests import validation_tests
from trading_hpo.overfitting.backtest_overfitting import overfitting_probability
from trading_hpo.overfitting.diebold_mariano import diebold_mariano
from trading_hpo.overfitting.sharpe import Moments, deflated_sharpe, probabilistic_sharpe

N_BARS, PER_YEAR = 600, 252.0
MARKET = np.random.default_rng(9).normal(0.002, 0.01, N_BARS)


def active_of(n_trials, skill=0.0, seed=0):
    """Active returns of trials of which the first one may have skill."""
    active = np.random.default_rng(seed).normal(0.0, 0.01, (n_trials, N_BARS))
    active[0] += skill
    return active


def kept_of(name, active, scores=None, data_key="d", metric="mcc"):
    trials = [(name, number) for number in range(len(active))]
    scores = np.random.default_rng(len(name)).normal(0.0, 1.0, (len(active), 32)) if scores is None else scores
    return KeptTrials(
        data_key,
        1,
        PER_YEAR,
        {},
        dict.fromkeys(trials, (metric, 4)),
        dict(zip(trials, scores, strict=True)),
        dict(zip(trials, active, strict=True)),
        dict(zip(trials, active + MARKET[: active.shape[1]], strict=True)),
    )


def found_for(kept, n_tried=0, ratios=(), chosen=0):
    """The statistics of the first study's trial."""
    trials = {name.rpartition(".")[2]: (name, chosen) for name in kept}
    tried = {own.data_key: Tried(n_tried, ratios) for own in kept.values()}
    return selection_statistics(kept, trials, tried)[next(iter(trials))]


def test_sharpe_ratios_are_those_of_the_chosen_trial_a_year_raw_and_active():
    active = active_of(24, skill=0.001)
    found = found_for({"a.mlp": kept_of("a.mlp", active)})
    own = found["own"]
    assert (found["study_name"], found["trial_number"]) == ("a.mlp", 0)
    assert (own["bars"], own["years"]) == (N_BARS, N_BARS / PER_YEAR)
    for shown, returns in ((own, active[0] + MARKET), (own["active"], active[0])):
        assert shown["sharpe"] == pytest.approx(returns.mean() / returns.std(ddof=1) * np.sqrt(PER_YEAR))
        assert shown["probabilistic"] == probabilistic_sharpe(Moments.of(returns))


def test_trials_are_counted_and_spread_as_the_ledger_has_them():
    active, ratios = active_of(24, skill=0.001), np.random.default_rng(1).normal(0.0, 1.2, 200).tolist()
    spread = np.std(ratios, ddof=1) / np.sqrt(N_BARS - 1)
    own = found_for({"a.mlp": kept_of("a.mlp", active)}, 300, ratios)["own"]["active"]
    assert own["deflated"]["n_trials"] == 300
    assert own["deflated"]["probability"] == deflated_sharpe(Moments.of(active[0]), 300, spread)
    fewer = found_for({"a.mlp": kept_of("a.mlp", active)}, 30, ratios)["own"]["active"]
    assert fewer["deflated"]["probability"] > own["deflated"]["probability"]
    assert fewer["deflated"]["years"] < own["deflated"]["years"]


def test_without_a_ledger_they_are_counted_and_spread_as_the_studies_have_them():
    active = active_of(24)
    own = found_for({"a.mlp": kept_of("a.mlp", active)})["own"]["active"]
    ratios = active.mean(axis=1) / active.std(axis=1, ddof=1)
    assert own["deflated"]["n_trials"] == 24
    assert own["deflated"]["probability"] == pytest.approx(
        deflated_sharpe(Moments.of(active[0]), 24, float(ratios.std(ddof=1)))
    )


@pytest.mark.parametrize("ratios", [(), (0.4,), (0.4, 0.4), (0.4,) * 9])
def test_where_few_of_many_trials_have_a_ratio_luck_is_taken_to_be_as_large_as_it_is(ratios):
    kept = {"a.mlp": kept_of("a.mlp", active_of(1, skill=0.0008))}
    own = found_for(kept, 200, ratios)["own"]["active"]
    without_skill = deflated_sharpe(Moments.of(kept["a.mlp"].active["a.mlp", 0]), 200, 1 / np.sqrt(N_BARS - 1))
    assert own["deflated"]["probability"] == pytest.approx(without_skill)
    assert own["deflated"]["probability"] < 0.5 < own["probabilistic"]


def test_of_a_study_that_keeps_the_best_and_a_sample_the_sample_alone_says_how_overfit_the_search_is():
    active = active_of(90)
    best = np.argsort(-active.mean(axis=1))[:40].tolist()
    sampled = {("a", number) for number in range(90) if number not in best[:30]}
    kept = replace(kept_of("a", active), sampled=sampled)
    found = Together.of([kept], Tried(9000, ())).found
    assert (found["overfitting"]["n_trials"], found["reality_check"]["n_series"]) == (60, 90)
    rest = np.array([own for trial, own in kept.active.items() if trial in sampled])
    assert found["overfitting"]["probability"] == overfitting_probability(rest).probability


def test_trials_that_are_nearly_the_same_count_as_few():
    few = active_of(2)[np.arange(24) % 2] + np.random.default_rng(1).normal(0.0, 1e-4, (24, N_BARS))
    own = found_for({"a.mlp": kept_of("a.mlp", few)})["own"]["active"]
    assert (own["effective"]["n_series"], own["effective"]["n_trials"]) == (24, 2)
    assert own["effective"]["probability"] > own["deflated"]["probability"]


def test_with_one_trial_nothing_is_deflated_and_the_rest_is_too_few():
    found = found_for({"a.mlp": kept_of("a.mlp", active_of(1, skill=0.001))})
    own = found["own"]["active"]
    assert own["deflated"]["probability"] == own["probabilistic"]
    assert own["deflated"]["years"] == pytest.approx(own["track_record_years"])
    assert (own["deflated"]["expected_best"], own["backtest_years"], own["effective"]) == (0.0, 0.0, None)
    assert "at least 20 trials" in found["overfitting"]["why"]
    assert 0 < found["reality_check"]["p_value"] <= 1


def test_a_sharpe_below_zero_has_no_length_that_would_show_it():
    own = found_for({"a.mlp": kept_of("a.mlp", active_of(24, skill=-0.001))})["own"]["active"]
    assert own["sharpe"] < 0
    lengths = (own["track_record_bars"], own["track_record_years"], own["backtest_years"], own["deflated"]["years"])
    assert lengths == (None,) * 4


def test_one_that_earns_what_the_constant_forecast_earns_cannot_be_tested_among_those_that_do_not():
    active = active_of(24)
    active[0] = 0.0
    found = found_for({"a.mlp": kept_of("a.mlp", active)})
    assert found["own"]["active"] == {"why": "it earned what the constant forecast earns"}
    assert found["own"]["sharpe"] > 0
    assert found["overfitting"]["n_trials"] == 23


def test_one_without_returns_says_so_and_the_others_are_judged():
    found = found_for({"a.mlp": kept_of("a.mlp", active_of(24))}, chosen=77)
    assert found["own"] == {"why": "its returns are not kept"}
    assert found["overfitting"]["n_trials"] == 24
    assert "why" in found["forecast"]["constant"]


def test_returns_that_never_vary_are_too_few_of_everything():
    found = found_for({"a.mlp": kept_of("a.mlp", np.zeros((24, N_BARS)))})
    assert "there are 0" in found["overfitting"]["why"]
    assert found["reality_check"] == {"why": "no trial has active returns that vary"}


def test_a_dozen_bars_are_too_few():
    active = active_of(24)[:, :12]
    found = Together.of([kept_of("a", active)], Tried(0, ())).found
    assert "12 bars" in found["overfitting"]["why"]
    assert found["reality_check"] == {"why": "12 bars are too few: 20 are needed"}


def test_all_model_types_on_the_same_data_are_compared_together_and_others_are_not():
    kept = {
        "a.mlp": kept_of("a.mlp", active_of(12)),
        "a.lstm": kept_of("a.lstm", active_of(12, seed=1)),
        "b.linear": kept_of("b.linear", active_of(50, seed=2), data_key="other"),
    }
    found = found_for(kept)
    assert found["overfitting"]["n_trials"] == found["reality_check"]["n_series"] == 24
    assert found_for(dict(reversed(kept.items())))["overfitting"]["n_trials"] == 50


def test_counts_are_of_all_logits_and_those_up_to_zero_are_the_probability():
    active = active_of(24)
    found = found_for({"a.mlp": kept_of("a.mlp", active)})["overfitting"]
    whole = overfitting_probability(active)
    assert found["probability"] == whole.probability
    assert sum(found["counts"]) == found["n_splits"] == len(whole.logits)
    middle = found["edges"].index(0.0)
    assert sum(found["counts"][:middle]) / found["n_splits"] == pytest.approx(whole.probability)


def test_skill_is_found_and_luck_is_not():
    luck, skill = (found_for({"a.mlp": kept_of("a.mlp", active_of(40, skill))}) for skill in (0.0, 0.004))
    assert skill["own"]["active"]["deflated"]["probability"] > 0.95 > luck["own"]["active"]["deflated"]["probability"]
    assert skill["overfitting"]["probability"] < 0.05 < luck["overfitting"]["probability"]
    assert skill["reality_check"]["p_value"] <= 0.05 < luck["reality_check"]["p_value"]
    assert skill["reality_check"]["superior"]["consistent"] <= 0.05


def test_the_bars_that_would_settle_it_give_the_level_where_the_spread_falls_with_their_root():
    moments = Moments.of(active_of(1, skill=0.0005)[0])
    best = 0.08
    bars = bars_to_settle(moments, best)
    longer = Moments(round(bars), moments.mean, moments.variance, moments.skewness, moments.kurtosis)
    shrunk = best * np.sqrt((moments.count - 1) / (bars - 1))
    assert probabilistic_sharpe(longer, shrunk) == pytest.approx(0.95, abs=1e-3)


# Losses


def test_losses_are_compared_by_blocks_with_the_constant_forecast_and_the_best_reference():
    blocks = np.random.default_rng(3).normal(0.0, 1.0, (3, 32)) + np.array([[0.8], [0.0], [0.2]])
    names = ("a.mlp", "a.linear", "a.gradient_boosting")
    kept = {name: kept_of(name, active_of(1), own[None]) for name, own in zip(names, blocks, strict=True)}
    chosen = {name.rpartition(".")[2]: (name, 0) for name in names}
    found = forecast_losses("mlp", chosen, kept)
    best = max(("linear", "gradient_boosting"), key=lambda name: kept[f"a.{name}"].scores[chosen[name]].mean())
    assert found["reference"]["name"] == best
    alone = diebold_mariano(-blocks[0], np.zeros(32), 1, n_estimated=4)
    assert (found["constant"]["p_value"], found["constant"]["statistic"]) == (alone.p_value, alone.statistic)
    beside = diebold_mariano(-blocks[0], -kept[f"a.{best}"].scores[chosen[best]], 1, n_estimated=4)
    assert found["reference"]["p_value"] == beside.p_value
    assert (found["constant"]["metric"], found["constant"]["blocks"]) == ("mcc", 32)
    assert forecast_losses("linear", chosen, kept)["reference"]["why"] == "it is a reference itself"


def test_the_error_of_a_loss_is_that_of_the_verdict():
    """Both take a degree of freedom for each fold."""
    blocks = np.random.default_rng(3).normal(0.3, 1.0, (1, 32))
    kept, chosen = {"a.mlp": kept_of("a.mlp", active_of(1), blocks)}, {"mlp": ("a.mlp", 0)}
    verdict = validation_tests(kept, chosen, {"d": Tried(1, ())})["mlp"]["forecast"]
    statistic = forecast_losses("mlp", chosen, kept)["constant"]["statistic"]
    assert statistic == pytest.approx(-verdict["excess"] / verdict["standard_error"])
    assert verdict["degrees_of_freedom"] == 28


@pytest.mark.parametrize("other", [{"metric": "auc"}, {"data_key": "e"}])
def test_a_reference_on_other_data_or_by_another_metric_is_none(other):
    kept = {"a.mlp": kept_of("a.mlp", active_of(1)), "a.linear": kept_of("a.linear", active_of(1), **other)}
    found = forecast_losses("mlp", {"mlp": ("a.mlp", 0), "linear": ("a.linear", 0)}, kept)
    assert found["reference"]["why"] == "no reference was searched on these data by this metric"


def test_scores_that_are_those_of_the_constant_forecast_are_not_tested():
    kept = {"a.mlp": kept_of("a.mlp", active_of(1), np.zeros((1, 32)))}
    found = forecast_losses("mlp", {"mlp": ("a.mlp", 0)}, kept)
    assert found["constant"]["why"] == "its scores are those of the constant forecast"


def test_of_very_many_trials_some_are_clustered_and_all_are_judged(monkeypatch):
    monkeypatch.setattr(trials_together, "MOST_CLUSTERED", 30)
    found = Together.of([kept_of("a", active_of(61))], Tried(0, ()))
    assert found.n_series == 21
    assert found.n_tried == found.found["overfitting"]["n_trials"] == 61


def test_series_of_another_length_than_most_are_counted_and_not_compared():
    short = replace(kept_of("b", active_of(5, seed=1)), net={})
    short = replace(short, active={trial: own[:400] for trial, own in short.active.items()})
    found = Together.of([short, kept_of("a", active_of(24))], Tried(0, ()))
    assert (found.n_tried, found.n_series, found.found["overfitting"]["n_trials"]) == (29, 24, 24)


def test_without_any_series_nothing_is_said_of_them():
    found = Together.of([kept_of("a", np.zeros((0, N_BARS)))], Tried(7, ()))
    assert (found.n_tried, found.n_series, found.n_effective, found.sharpes) == (7, 0, None, [])
    assert all("why" in own for own in found.found.values())
