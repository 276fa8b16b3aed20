"""What happens beside the nodes."""

from types import SimpleNamespace

import mlflow
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import ConfigurationError
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.hooks import ParametersHook, PlacesHook, SearchesHook
from trading_hpo.pipeline_registry import register_pipelines
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.place import Place
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.search_spaces import CustomSpacesConfig
from trading_hpo.tracking_hook import TrackingHook

GIVEN = {"scenario": "base", "source": "sp500_20", "hpo": {"n_trials": 3}, "my_group": {"a": 1}}


def completed(parameters):
    flat = {"parameters": parameters, **{f"params:{name}": value for name, value in parameters.items()}}
    catalog = DataCatalog({name: MemoryDataset(value) for name, value in flat.items()})
    ParametersHook().after_catalog_created(catalog, flat)
    return catalog


def test_a_node_may_take_a_parameter_that_is_left_to_its_default():
    catalog = completed(GIVEN)
    assert catalog.load("params:hpo.seed") == HpoConfig().seed
    assert catalog.load("params:folds.stop_fraction") == 0.15
    assert catalog.load("params:hpo.custom_search_spaces") == CustomSpacesConfig()
    assert catalog.load("params:hpo.n_trials") == 3


def test_what_is_given_stays_as_it_is():
    catalog = completed(GIVEN)
    assert catalog.load("params:hpo") == {"n_trials": 3}
    assert catalog.load("params:my_group") == {"a": 1}


def test_a_wrong_configuration_is_told_also_without_our_command():
    with pytest.raises(ConfigurationError, match=r"hppo is not a parameter\. Did you mean 'hpo'\?"):
        completed({**GIVEN, "hppo": {}})


def test_saving_an_artefact_does_not_log_it_where_a_failure_would_end_the_run(tmp_path):
    """kedro-mlflow's dataset logs into a run that it begins if there is none."""
    wrapped = {"type": "pandas.CSVDataset", "filepath": str(tmp_path / "{model}.csv")}
    config = {"{model}.table": {"type": "kedro_mlflow.io.artifacts.MlflowArtifactDataset", "dataset": wrapped}}
    catalog = DataCatalog.from_config(config)
    graph = Pipeline([node(lambda: None, None, "table", name="x", namespace="mlp")])
    graph = Pipeline([graph], namespace="mlp")
    hook = TrackingHook()  # of a run whose tracking does not work
    hook.before_pipeline_run({}, graph, catalog)
    catalog.save("mlp.table", pd.DataFrame({"a": [1]}))
    assert (tmp_path / "mlp.csv").exists()
    assert mlflow.active_run() is None


def test_searches_that_have_found_nothing_are_remembered_until_the_next_run():
    hook, search = SearchesHook(), node(lambda: None, None, "summary", name="search", namespace="hpo.lstm")
    hook.after_node_run(search, {"hpo.lstm.search_summary": {"nothing_found": "none of 3 trials"}})
    hook.after_node_run(search, {"hpo.mlp.search_summary": {"nothing_found": None}})
    hook.after_node_run(search, {"hpo.lstm.search_summary": {"skipped": "left out"}})
    other = node(lambda: None, None, "x", name="collect_results", namespace="hpo.lstm")
    hook.after_node_run(other, {"x": {"nothing_found": "none of 3 trials"}})
    hook.after_node_run(node(lambda: None, None, "x", name="search"), {"x": [1]})  # of a user's own
    assert hook.nothing_found == ["none of 3 trials"]
    hook.before_pipeline_run()
    assert hook.nothing_found == []


@pytest.mark.parametrize(
    ("namespace", "models", "expected"),
    [
        (None, "all", {name: (place, len(MODEL_TYPES)) for place, name in enumerate(sorted(MODEL_TYPES), 1)}),
        (None, "mlp,lstm", {"lstm": (1, 2), "mlp": (2, 2)}),
        ("hpo.lstm", "all", {"lstm": (1, 1)}),
        ("analysis", "all", {}),
    ],
)
def test_a_search_knows_its_place_among_those_of_the_run(namespace, models, expected):
    chosen = models if models == "all" else models.split(",")
    catalog = DataCatalog({"parameters": MemoryDataset({**GIVEN, "hpo": {"models_to_optimize": chosen}})})
    graph = register_pipelines()["__default__"]
    graph = graph if namespace is None else graph.filter(node_namespaces=[namespace])
    hook, places, storage = PlacesHook(), {}, StudyStorage("sqlite://")
    for _ in range(2):  # a session's second run begins anew
        hook.before_pipeline_run(graph, catalog)
        for one in sorted(graph.nodes, key=lambda one: one.name):
            model_type = (one.namespace or "").rpartition(".")[2]
            left_out = None if models == "all" or model_type in chosen else "left out"
            ref = StudyRef(f"daily.{model_type}", storage, skipped=left_out)
            given = hook.before_node_run(one, {"study": ref, "panel": SimpleNamespace()})
            places |= {} if given is None else {model_type: (given["study"].place.number, given["study"].place.of)}
            assert given is None or given.keys() == {"study"}
    assert places == expected
    assert given is None


def test_a_place_is_no_part_of_a_study():
    ref = StudyRef("daily.mlp", StudyStorage("sqlite://"))
    placed = StudyRef("daily.mlp", ref.storage, place=Place(2, 4))
    assert placed == ref
    assert placed.described() == ref.described()
