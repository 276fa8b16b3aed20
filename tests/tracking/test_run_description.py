"""Names and commands of runs in MLflow."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.commands.command_line_parameters import parse_parameters
from trading_hpo.parameters import Parameters
from trading_hpo.tracking.run_description import command_of, description_of, params_text, what_ran

STAGES = ["data_engineering", "hpo.mlp", "analysis.mlp", "retraining.mlp", "evaluation.mlp", "evaluation"]
TWO = [*STAGES, *(name.replace("mlp", "lstm") for name in STAGES)]


@pytest.mark.parametrize(
    ("pipelines", "namespaces", "ran"),
    [
        ([], TWO, "all stages"),
        ([], STAGES, "all stages mlp"),
        ([], TWO[:2], "up to hpo mlp"),
        (["hpo"], ["data_engineering", "hpo.lstm", "hpo.mlp"], "hpo"),
        (["analysis", "mine"], ["analysis.mlp", ""], "analysis+mine mlp"),
        ([], [""], "run"),
    ],
)
def test_what_ran_is_named_by_pipelines_or_stages_and_by_model_types_where_some_are_left_out(
    pipelines, namespaces, ran
):
    searched = ["mlp", "lstm"] if len(namespaces) > 1 else []
    assert what_ran(pipelines, namespaces, searched) == ran


def test_a_run_says_what_it_is_about():
    parameters = Parameters(scenario="standard", source="csv", labels={"kind": "volatility"})
    run_params = {
        "pipeline_names": ["__default__"],
        "runner": "<trading_hpo.runner.reusing.ReusingRunner object at 0x7ffa22779610>",
        "runtime_params": {"hpo": {"workers": 2}},
        "env": "standard",
    }
    name, tags = description_of(parameters, run_params, TWO)
    assert name == "all stages mlp lstm standard csv volatility5"
    assert tags == {
        "ran": "all stages mlp lstm",
        "scenario": "standard",
        "source": "csv",
        "label": "volatility5",
        "runner": "ReusingRunner",
        "runtime_params": "hpo.workers=2",
        "kedro_command": "kedro run --env standard --params hpo.workers=2",
    }


VALUES = st.one_of(
    st.booleans(), st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=8),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["a", "b.c", "b.d"]), VALUES | st.lists(VALUES, max_size=3), max_size=3))
def test_parameters_are_written_as_params_reads_them(flat):
    nested = {key: value for key, value in flat.items() if "." not in key}
    nested |= {"b": inner} if (inner := {key[2:]: value for key, value in flat.items() if "." in key}) else {}
    assert parse_parameters(None, None, params_text(nested)) == nested


def test_a_run_begun_by_python_has_the_command_that_does_the_same():
    chosen = {"pipeline_names": ["hpo"], "env": "test", "tags": ["mlp", "x y"], "runtime_params": {"source": "csv"}}
    expected = "kedro run --env test --pipelines hpo --tags 'mlp,x y' --params source=csv"
    assert command_of(chosen) == expected


def test_a_typed_command_is_what_was_typed_and_not_what_was_worked_out_of_it():
    said = []

    @click.command("run")
    @click.option("--namespaces", "-ns", callback=lambda *given: (given[-1] or "").split(","))
    @click.option("--params", callback=parse_parameters, default="")
    @click.option("--env", "-e", default="base")
    @click.option("--async", "is_async", is_flag=True)
    def run(**_):
        worked_out = {"to_nodes": ["hpo.mlp.search"], "env": "base", "runtime_params": {"hpo": {"n_trials": 9}}}
        said.append(command_of(worked_out))

    run.main(["-ns", "mlp,lstm", "--params", "hpo.n_trials=9", "--async"], prog_name="kedro", standalone_mode=False)
    assert said == ["kedro run --namespaces mlp,lstm --params hpo.n_trials=9 --async"]


def test_a_password_is_not_logged():
    text = command_of({"runtime_params": {"x": "postgresql://me:s3cr3t@host/db"}})
    assert "s3cr3t" not in text
    assert "s3cr3t" not in params_text({"x": "postgresql://me:s3cr3t@host/db"})
