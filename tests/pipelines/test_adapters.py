"""Node functions that take a model type, or one input per model type, and what Kedro sees of them."""

import pytest
from kedro.pipeline import Pipeline, node
from kedro.validation import ParameterValidator
from kedro.validation.exceptions import ParameterValidationError

from trading_hpo.configuration import Config
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.pipelines.adapters import each, mapping_node, of_model


class Settings(Config):
    rate: float = 0.5


def summed(base: int, results: dict[str, int], settings: Settings, others: dict[str, Settings]) -> str:
    return f"{base} {sorted(results.items())} {settings.rate} {sorted((k, s.rate) for k, s in others.items())}"


INPUTS = {
    "settings": "params:one",
    "results": {"mlp": "mlp_result", "lstm": "lstm_result"},
    "base": "baseline",
    "others": {"a": "params:two", "b": "params:three.inner"},
}


def made(inputs=INPUTS):
    return mapping_node(summed, inputs, "sum", name="sum")


def test_a_mapping_arrives_under_its_keys_whatever_the_order():
    for inputs in (INPUTS, dict(reversed(INPUTS.items()))):
        loaded = {
            "baseline": 1,
            "mlp_result": 2,
            "lstm_result": 3,
            "params:one": Settings(),
            "params:two": Settings(rate=1),
            "params:three.inner": Settings(rate=2),
        }
        told = "1 [('lstm', 3), ('mlp', 2)] 0.5 [('a', 1.0), ('b', 2.0)]"
        assert made(inputs).run(loaded) == {"sum": told}


def test_typed_parameters_are_validated_in_a_mapping_and_beside_it():
    validator = ParameterValidator({"p": Pipeline([made()])})
    raw = {"one": {"rate": 1}, "two": {}, "three": {"inner": {"rate": 3}}}
    valid = validator.validate_raw_params(raw)
    assert (valid["one"], valid["two"], valid["three"]["inner"]) == (Settings(rate=1), Settings(), Settings(rate=3))
    for wrong in ({"one": {"rate": "x"}}, {"two": {"rat": 1}}, {"three": {"inner": {"rate": "x"}}}):
        with pytest.raises(ParameterValidationError, match=next(iter(wrong))):
            validator.validate_raw_params({**raw, **wrong})


@pytest.mark.parametrize("name", ["summ", "reslts"])
def test_an_argument_that_the_function_does_not_take_is_refused_when_the_graph_is_made(name):
    with pytest.raises(TypeError):
        made({**INPUTS, name: "x"})
    with pytest.raises(TypeError):
        made({k: v for k, v in INPUTS.items() if k != "base"})


def test_a_mapping_node_is_called_as_its_function_is():
    assert made().func.__name__ == "summed"
    assert made().func.__module__ == summed.__module__


def test_each_is_one_dataset_per_model_type_in_their_order():
    assert list(each("study").items()) == [(name, f"{name}.study") for name in MODEL_TYPES]


def test_a_bound_model_type_leaves_the_other_arguments_their_types():
    def describe(model_type: str, settings: Settings) -> str:
        return f"{model_type} {settings.rate}"

    described = node(of_model(describe, "lstm"), "params:one", "text", name="describe")
    assert described.run({"params:one": Settings()}) == {"text": "lstm 0.5"}
    validator = ParameterValidator({"p": Pipeline([described])})
    assert validator.validate_raw_params({"one": {}}) == {"one": Settings()}
