"""Where trials stand on the axis of a parameter."""

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from tests.makers.studies import trial_of

from trading_hpo.reporting.figures.parameter_axes import parameter_axes


def axis_of(distribution, *values):
    trials = [trial_of(0.0, params={"p": value}, distributions={"p": distribution}) for value in values]
    (axis,) = parameter_axes(trials)
    return axis


def test_numbers_reach_over_what_was_searched():
    axis = axis_of(FloatDistribution(0, 0.5), 0.2, 0.3)
    assert (axis.scale, axis.low, axis.high) == ("linear", 0, 0.5)
    assert axis.places == (0.2, 0.3)
    assert axis.share(0.25) == 0.5


def test_a_value_beyond_what_was_declared_is_on_the_axis_too():
    trials = [
        trial_of(0.0, params={"p": value}, distributions={"p": FloatDistribution(0, high)})
        for value, high in ((5, 9), (1, 2))
    ]
    (axis,) = parameter_axes(trials)
    assert (axis.low, axis.high) == (0, 9)


def test_logarithmic_parameters_are_halved_where_their_factor_is():
    axis = axis_of(FloatDistribution(1e-4, 1e-2, log=True), 1e-3)
    assert axis.scale == "log"
    assert round(axis.share(1e-3), 9) == 0.5


def test_whole_parameters_have_whole_ticks():
    assert axis_of(IntDistribution(1, 3), 2).ticks == ((1, "1"), (2, "2"), (3, "3"))
    assert all(tick == int(tick) for tick, _ in axis_of(IntDistribution(8, 500, log=True), 9).ticks)


def test_a_parameter_with_one_value_stands_in_the_middle():
    axis = axis_of(IntDistribution(1, 1), 1)
    assert axis.share(1.0) == 0.5
    assert axis.ticks == ((1, "1"),)


def test_choices_stand_in_the_declared_order_and_numbers_by_size():
    axis = axis_of(CategoricalDistribution(["focal", "bce", "mse"]), "mse", "focal")
    assert [text for _, text in axis.ticks] == ["focal", "bce", "mse"]
    assert axis.places == (2, 0)
    assert axis.texts == ("mse", "focal")
    assert [text for _, text in axis_of(CategoricalDistribution([256, 32, 64]), 32).ticks] == ["32", "64", "256"]


def test_true_is_not_one():
    axis = axis_of(CategoricalDistribution([True, 1, False]), 1, True)
    assert axis.places == (1, 0)


def test_a_trial_without_the_parameter_has_no_place():
    distributions = {"p": FloatDistribution(0, 1), "q": FloatDistribution(0, 1)}
    trials = [
        trial_of(0.0, params=params, distributions=distributions) for params in ({"p": 0.1, "q": 0.2}, {"p": 0.3})
    ]
    p, q = parameter_axes(trials)
    assert p.places == (0.1, 0.3)
    assert q.places == (0.2, None)
    assert q.texts == ("0.2", "")


def test_long_choices_are_shortened_at_the_ticks_and_whole_in_the_texts():
    axis = axis_of(CategoricalDistribution(["cosine_annealing_warm_restarts", "a"]), "cosine_annealing_warm_restarts")
    assert axis.ticks[0] == (0, "cosine_annealin…")
    assert axis.texts == ("cosine_annealing_warm_restarts",)
