"""What can be chosen, as people read of it."""

import pytest

from trading_hpo.metrics.cost import COST_METRICS
from trading_hpo.metrics.registry import METRICS
from trading_hpo.reporting.vocabulary import KINDS, Parameter, entries, in_words, known_words, vocabulary_lines
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.training.config import TrainingConfig


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_component_says_what_it_is(kind):
    found = list(entries(kind))
    assert [entry.name for entry in found] == list(kind.registry)
    for entry in found:
        assert entry.summary or entry.name in METRICS, entry
        assert "``" not in entry.summary
        assert "\n" not in entry.summary


def test_parameters_have_defaults_bounds_and_descriptions():
    (focal,) = [entry for entry in entries(KINDS["loss"]) if entry.name == "focal"]
    assert focal.source.startswith("Lin et al. (2017)")
    assert focal.facts == "for class targets; outputs: logit; batches of rows"
    assert focal.parameters[1] == Parameter(
        "focal_gamma",
        "2.0",
        "at least 0, at most 20",
        "how much easy rows count less; 0 leaves weighted cross entropy",
    )


def test_a_model_type_has_its_own_parameters_alone():
    (mlp,) = [entry for entry in entries(KINDS["model type"]) if entry.name == "mlp"]
    assert [one.name for one in mlp.parameters] == ["hidden_layers", "hidden_dim_1", "hidden_dim_2"]


@pytest.mark.parametrize("kind", ["task", "position rule", "model type", "metric", "splitter"])
def test_what_the_field_has_published_names_its_source(kind):
    assert all(entry.source or entry.name in COST_METRICS for entry in entries(KINDS[kind]))


@pytest.mark.parametrize(
    ("kind", "name", "parameter", "bounds"),
    [
        ("schedule", "cyclical", "cycle_shape", "one of triangular, triangular2, exponential"),
        ("loss", "joint", "joint_class", "one of focal, cross_entropy"),
        ("loss", "joint", "joint_return", "one of mse, mae, huber, log_cosh, asymmetric, mape, trading"),
    ],
)
def test_choices_are_said_of_parameters_that_have_some(kind, name, parameter, bounds):
    (component,) = [entry for entry in entries(KINDS[kind]) if entry.name == name]
    assert [one.bounds for one in component.parameters if one.name == parameter] == [bounds]


def test_a_choice_beside_a_number_or_nothing_is_said_too():
    fields = TrainingConfig.model_fields
    (threshold,) = in_words({"threshold": fields["threshold"]})
    assert threshold.bounds == "one of prevalence"


def test_a_range_that_the_configuration_searches_stands_beside_the_bounds():
    gamma = {"type": "float", "low": 0.5, "high": 3, "log": True}
    layers = {"type": "int", "low": 2, "high": 3}
    spaces = SearchSpacesConfig(common={"focal_gamma": gamma}, mlp={"hidden_layers": layers})
    lines = list(vocabulary_lines("focal", spaces))
    assert "focal_gamma: 2.0; at least 0, at most 20; searched: 0.5 to 3.0, logarithmic; how much" in lines[3]
    assert lines[2] == list(vocabulary_lines("focal"))[2]  # not searched
    assert "    hidden_layers: 2; at least 1, at most 16; searched: 2 to 3" in vocabulary_lines("mlp", spaces)


def test_a_splitter_and_a_feature_are_described_by_their_files_and_functions():
    described = {entry.name: entry for name in ("splitter", "feature") for entry in entries(KINDS[name])}
    assert described["walk_forward"].summary.startswith("Validation blocks that follow each other in time")
    assert described["walk_forward"].source.startswith("Pardo (1992)")
    assert described["momentum_12_1"].summary.startswith("Return of the last twelve months")
    assert described["momentum_12_1"].facts == "from bar 253 of an asset on"


def test_all_names_stand_on_one_line_for_each_kind():
    lines = list(vocabulary_lines(None))
    assert len(lines) == len(KINDS)
    assert all(name in line for line, kind in zip(lines, KINDS.values(), strict=True) for name in kind.registry)


def test_a_word_of_a_kind_or_of_a_component_is_explained():
    of_kind, of_one = list(vocabulary_lines("loss")), list(vocabulary_lines("focal"))
    assert of_one[0] == of_kind[0] == "loss: training.loss"
    assert of_one[1].startswith("  focal: ")
    assert of_one[2].startswith("    focal_alpha: 0.25; at least 0, at most 1; ")
    assert set(of_one) <= set(of_kind)
    assert list(vocabulary_lines("focl")) == []
    assert {"loss", "focal"} <= set(known_words())
