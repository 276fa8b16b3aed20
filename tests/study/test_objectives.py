import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.metrics.cost import COST_METRICS
from trading_hpo.metrics.registry import METRICS
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.objectives import ConstraintConfig, ObjectiveConfig

TWO = ({"metric": "mcc"}, {"metric": "model_size_mb"})


def problems_with(**hpo):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is what is tested
        HpoConfig(**hpo)
    return str(refused.value)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_improved_in_its_own_direction_unless_told(metric):
    natural = METRICS[metric].direction
    assert ObjectiveConfig(metric=metric).direction == (natural or "maximize")
    if natural is None:
        assert ObjectiveConfig(metric=metric, direction="minimize").direction == "minimize"
    else:
        other = "maximize" if natural == "minimize" else "minimize"
        with pytest.raises(ValueError, match=f"direction must be {natural} for {metric}"):
            ObjectiveConfig(metric=metric, direction=other)


def test_every_cost_is_to_be_small():
    assert {METRICS[name].direction for name in COST_METRICS} == {"minimize"}


@given(limit=st.floats(0.01, 1e4), share=st.floats(-0.9, 5))
def test_a_violation_is_a_share_of_its_bound_whatever_the_units(limit, share):
    at_most = ConstraintConfig(metric="model_size_mb", max=limit)
    at_least = ConstraintConfig(metric="sharpe", min=limit)
    assert at_most.violation(limit * (1 + share)) == pytest.approx(share, abs=1e-9)
    assert at_least.violation(limit * (1 - share)) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_value_that_does_not_exist_breaks_every_bound(value):
    assert ConstraintConfig(metric="sharpe", min=0.0).violation(value) > 0
    assert ConstraintConfig(metric="max_drawdown", max=0.2).violation(value) > 0


def test_a_bound_of_zero_is_measured_in_the_metrics_own_units():
    assert ConstraintConfig(metric="sharpe", min=0.0).violation(-0.5) == 0.5


@pytest.mark.parametrize("bounds", [{}, {"max": 1.0, "min": 0.0}, {"max": float("inf")}])
def test_a_constraint_has_one_finite_bound(bounds):
    with pytest.raises(ValueError, match=r"max|min"):
        ConstraintConfig(metric="sharpe", **bounds)


@pytest.mark.parametrize(
    ("hpo", "sentence"),
    [
        ({"objectives": TWO, "sampler": "cmaes", "pruner": "none"}, "sampler cmaes cannot go with several objectives"),
        (
            {"constraints": ({"metric": "sharpe", "min": 0.0},), "sampler": "cmaes", "pruner": "none"},
            "sampler cmaes cannot go with constraints. Use",
        ),
        *(({"objectives": TWO, "pruner": name}, "pruner must be successive_halving") for name in ("median", "patient")),
        ({"objectives": (TWO[0], TWO[0]), "pruner": "none"}, "objectives name mcc twice"),
        (
            {"constraints": ({"metric": "sharpe", "min": 0.0}, {"metric": "sharpe", "min": 1.0})},
            "constraints bound sharpe twice on the same side",
        ),
        ({"constraints": ({"metric": "sharp", "min": 0.0},)}, "Did you mean 'sharpe'?"),
    ],
)
def test_what_cannot_go_together_is_refused_with_the_reason(hpo, sentence):
    assert sentence in problems_with(**hpo)


def test_a_metric_can_be_bounded_from_both_sides():
    assert HpoConfig(constraints=({"metric": "turnover", "min": 1.0}, {"metric": "turnover", "max": 9.0}))


def test_errors_of_two_objectives_are_told_at_once():
    told = problems_with(objectives=({"metric": "mc"}, {"metric": "auc", "direction": "minimize"}))
    assert "Did you mean 'mcc'?" in told
    assert "direction must be maximize for auc" in told
