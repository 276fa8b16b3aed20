"""The configuration that is shipped is valid and holds the full tables; a wrong one is told all its mistakes."""

import copy
import warnings
from pathlib import Path
from typing import Any

import pytest
from kedro.config import OmegaConfigLoader

from trading_hpo.engine.pruners.registry import PRUNERS
from trading_hpo.engine.space import CategoricalParameter, FloatParameter, IntParameter
from trading_hpo.errors import ConfigurationError
from trading_hpo.families.networks.lstm.config import RecurrentConfig
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.parameters import Parameters, check_parameters
from trading_hpo.settings import CONFIG_LOADER_ARGS
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.search_spaces import resolve_space
from trading_hpo.tasks.registry import TASKS
from trading_hpo.training.losses.registry import LOSSES

CONF = Path(__file__).parents[1] / "conf"


IN_QUOTES = (
    """Put names like 000001, 1e5, NO in quotes, on the command line within others: --params "assets='000001'"."""
)


def load(env: str, **runtime_params: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        # kedro registers its resolvers by a name that omegaconf has since deprecated.
        warnings.filterwarnings("ignore", message="register_new_resolver")
        loader = OmegaConfigLoader(str(CONF), env=env, runtime_params=runtime_params, **CONFIG_LOADER_ARGS)
        return loader["parameters"]


@pytest.fixture(scope="session")
def base() -> dict[str, Any]:
    return load("base")


@pytest.fixture(scope="session")
def standard() -> Parameters:
    return check_parameters(load("standard"))


def changed(raw: dict[str, Any], *changes: tuple[str, Any]) -> dict[str, Any]:
    """The parameters with other values under dotted names."""
    result = copy.deepcopy(raw)
    for name, value in changes:
        *groups, key = name.split(".")
        inner = result
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[key] = value
    return result


def problems(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        check_parameters(raw)
    return caught.value.problems


# --- what is shipped ---


# What each scenario stands for: trials, epochs, objectives with their weights, limits, minutes of a model type.
ACCURACY, TIME, SIZE = "composite_accuracy", "training_time_s", "model_size_mb"
SCENARIOS = {
    "base": (4, 3, {"mcc": 1.0}, (None, None), None),
    "test": (3, 2, {"mcc": 1.0}, (None, None), None),
    "quick_test": (50, 20, {ACCURACY: 0.6, TIME: 0.2}, (None, None), 120),
    "standard": (1000, 50, {ACCURACY: 0.6, TIME: 0.2, SIZE: 0.2}, (None, None), 48 * 60 / 4),
    "accuracy_focused": (1500, 100, {ACCURACY: 1.0}, (1000.0, 300.0), 72 * 60 / 4),
    "efficiency_focused": (800, 30, {ACCURACY: 0.2, TIME: 0.4, SIZE: 0.4}, (100.0, 30.0), 24 * 60 / 4),
    "production": (1200, 75, {ACCURACY: 0.6, TIME: 0.2, SIZE: 0.2}, (300.0, 90.0), 60 * 60 / 4),
    "hybrid": (4, 3, {"mcc": 1.0}, (None, None), None),
    "comprehensive": (100, 100, {"mcc": 1.0}, (None, None), None),
    "architecture": (50, 50, {"mcc": 1.0}, (None, None), None),
}


def test_every_folder_of_the_configuration_is_a_scenario_of_the_table():
    assert {folder.name for folder in CONF.iterdir() if folder.is_dir()} == {*SCENARIOS, "local"}


@pytest.mark.parametrize("env", SCENARIOS)
def test_every_shipped_configuration_is_valid_knows_its_name_and_has_its_numbers(env):
    parameters = check_parameters(load(env))
    hpo = parameters.hpo
    assert parameters.scenario == env
    assert parameters.source == ("us_tech_ohlcv" if env == "quick_test" else "sp500_20")
    assert hpo.models_to_optimize == (("cnn_lstm",) if env == "quick_test" else tuple(MODEL_TYPES))
    limits = (hpo.limits.max_model_size_mb, hpo.limits.max_training_time_minutes)
    found = (
        hpo.n_trials,
        parameters.training.epochs,
        {o.metric: o.weight for o in hpo.for_task(parameters.labels.task).improved},
        limits,
    )
    assert (*found, hpo.timeout_minutes) == SCENARIOS[env]


def test_the_hybrid_scenario_explores_exploits_and_tunes():
    hybrid = check_parameters(load("hybrid"))
    found = [(search.sampler.name, search.n_trials, search.epochs) for search in hybrid.hpo.searches]
    assert found == [("random", 20, 8), ("tpe", 40, 15), ("tpe", 15, 25)]
    assert hybrid.hpo.phases[2].narrow_around_best is not None
    assert hybrid.training.min_delta == 0.002
    space = resolve_space(hybrid.search_spaces, hybrid.hpo.custom_search_spaces, "lstm", hybrid.training, "class")
    assert space["early_stopping_patience"].choices == (5,)


def test_the_architecture_scenario_searches_networks_only():
    chosen = check_parameters(load("architecture"))
    space = resolve_space(chosen.search_spaces, chosen.hpo.custom_search_spaces, "cnn_lstm", chosen.training, "class")
    searched = {name for name, entry in space.items() if len(set(entry.edges())) > 1}
    assert searched == {"dropout_rate", "cnn_filters_1", "cnn_kernel_size_1", "use_max_pooling"}


def test_every_parameter_of_the_files_is_one_that_the_code_has_and_the_other_way_round(base):
    """The shipped file doubles as the list of what can be set."""
    assert set(base) == set(Parameters.model_fields)
    assert set(base["labels"]) == {"kind"}.union(*(TASKS[name].model_fields for name in TASKS))
    for group in ("features", "holdout", "folds", "training", "backtest"):
        assert set(base[group]) == set(type(getattr(check_parameters(base), group)).model_fields), group


@pytest.mark.parametrize(
    ("labels", "pred_len", "sentence"),
    [
        ({"kind": "path", "horizon_bars": 5, "judged_bars": 3}, [3, 5], None),
        (
            {"kind": "path", "horizon_bars": 4, "judged_bars": 3},
            [3, 5],
            "labels.horizon_bars must be at least the longest pred_len (5), got 4. Raise it: labels and purging reach "
            "as far.",
        ),
        (
            {"kind": "path", "horizon_bars": 5},
            [3, 5],
            "labels.judged_bars must be at most the shortest pred_len (3), got 5: all trials are judged on the same "
            "steps. Set labels.judged_bars=3.",
        ),
        (
            {"kind": "direction", "horizon_bars": 5},
            [3, 5],
            "pred_len must not be searched for labels.kind=direction: its labels have one step. Take path.",
        ),
    ],
)
def test_a_search_over_the_steps_of_a_path_fits_its_labels(base, labels, pred_len, sentence):
    searched = {"pred_len": {"type": "categorical", "choices": pred_len}}
    given = changed(base, ("labels", labels), ("hpo.custom_search_spaces", {"common": searched}))
    if sentence is None:
        assert check_parameters(given).labels.task.judged_steps == 3
    else:
        assert problems(given) == [sentence]


@pytest.mark.parametrize(
    ("kind", "rules", "sentence"),
    [
        ("direction", ["long_flat", "as_forecast"], None),
        ("triple_barrier", ["hold_to_touch"], None),
        (
            "direction",
            ["long_flat", "hold_to_touch"],
            "positions must be a rule without barriers for labels.kind=direction, which has none, got 'hold_to_touch'. "
            "Choose another, or labels.kind=triple_barrier.",
        ),
        (
            "volatility",
            ["long_flat", "half_when_volatile"],
            "positions must be half_when_volatile for labels.kind=volatility, which is traded by that rule alone, got "
            "long_flat. Remove it from hpo.custom_search_spaces.",
        ),
    ],
)
def test_a_rule_that_is_searched_fits_the_task(base, kind, rules, sentence):
    searched = {"positions": {"type": "categorical", "choices": rules}}
    given = changed(base, ("labels.kind", kind), ("hpo.custom_search_spaces", {"common": searched}))
    if sentence is None:
        check_parameters(given)
    else:
        assert problems(given) == [sentence]


def test_an_environment_changes_single_numbers_and_keeps_their_siblings(base, standard):
    assert base["hpo"]["n_trials"] == 4
    assert standard.hpo.n_trials == 1000
    assert standard.training.window_bars == base["training"]["window_bars"]
    assert standard.hpo.seed == base["hpo"]["seed"]


def test_values_of_the_command_line_arrive():
    parameters = check_parameters(load("test", hpo={"models_to_optimize": "lstm"}, labels={"kind": "volatility"}))
    assert parameters.hpo.models_to_optimize == ("lstm",)
    assert parameters.labels.kind == "volatility"
    assert parameters.hpo.n_trials == 3


@pytest.mark.parametrize("env", SCENARIOS)
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"sampler": "random", "pruner": "none"}, ("random", "none")),
        ({"sampler": "gp", "pruner": None}, ("gp", "none")),
        ({"sampler": "qmc", "pruner": "hyperband"}, ("qmc", "hyperband")),
    ],
)
def test_another_sampler_and_pruner_can_be_given_in_every_scenario(env, given, expected):
    hpo = check_parameters(load(env, hpo={**given, "phases": []})).hpo
    assert (hpo.sampler.name, hpo.pruner.name) == expected


def test_a_name_alone_leaves_the_options_that_a_scenario_set_and_the_sentence_says_how_to_drop_them():
    found = problems(load("comprehensive", hpo={"pruner": {"name": "hyperband"}}))
    assert len(found) == 2
    assert all("give hpo.pruner=hyperband to drop what is set for another pruner" in problem for problem in found)
    assert check_parameters(load("comprehensive", hpo={"pruner": "hyperband"})).hpo.pruner.name == "hyperband"


def test_base_names_sampler_and_pruner_without_options_so_that_others_merge_onto_it_whole(base):
    assert [set(base["hpo"][group]) for group in ("sampler", "pruner")] == [{"name"}, {"name"}]
    hpo = check_parameters(load("base", hpo={"pruner": {"name": "hyperband", "min_epochs": 2}})).hpo
    assert (hpo.pruner.name, hpo.pruner.first_rung) == ("hyperband", 2)


def real(low: float, high: float, log: bool = False) -> FloatParameter:
    return FloatParameter(type="float", low=low, high=high, log=log)


def whole(low: int, high: int) -> IntParameter:
    return IntParameter(type="int", low=low, high=high)


def one_of(*choices: Any) -> CategoricalParameter:
    return CategoricalParameter(type="categorical", choices=choices)


RECURRENT = {  # of what has the sizes of an LSTM
    "lstm_hidden_dim": whole(32, 256),
    "lstm_num_layers": whole(1, 3),
    "attention_dim": whole(32, 128),
    "use_layer_norm": one_of(True, False),
}
TABLES = {
    "common": {
        "learning_rate": real(1e-5, 1e-2, log=True),
        "batch_size": one_of(32, 64, 128, 256),
        "weight_decay": real(1e-6, 1e-3, log=True),
        "dropout_rate": real(0.1, 0.5),
        "focal_alpha": real(0.25, 0.9),
        "focal_gamma": real(0.5, 3.0),
        "early_stopping_patience": whole(10, 25),
    },
    "mlp": {
        "hidden_layers": whole(2, 4),
        "hidden_dim_1": whole(64, 512),
        "hidden_dim_2": whole(32, 256),
        "asset_embedding_dim": whole(4, 32),
    },
    **{name: RECURRENT for name in MODEL_TYPES if MODEL_TYPES[name].config is RecurrentConfig},
    "cnn_lstm": {
        "cnn_filters_1": whole(16, 128),
        "cnn_kernel_size_1": whole(3, 7),
        "use_max_pooling": one_of(True, False),
    },
}


@pytest.mark.parametrize("group", TABLES)
def test_the_standard_search_spaces_are_the_full_tables_to_the_number(standard, group):
    assert getattr(standard.search_spaces, group) == TABLES[group]


def test_choices_keep_their_types(standard):
    common, lstm = standard.search_spaces.common, standard.search_spaces.lstm
    assert [type(choice) for choice in common["batch_size"].choices] == [int] * 4
    assert [type(choice) for choice in lstm["use_layer_norm"].choices] == [bool] * 2


@pytest.mark.parametrize("group", TABLES)
def test_the_narrowed_search_spaces_of_base_name_the_same_parameters(base, group):
    assert set(base["search_spaces"][group]) == set(TABLES[group])


# --- one mistake, one sentence ---

ENTRY = "search_spaces.common.learning_rate"
NAME_PATTERN = "^[A-Za-z0-9._-]{1,100}$"
METRIC = [{"metric": "mcc", "direction": "maximize", "weight": 1.0}]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        # unknown keys, at every depth
        ("hppo", {}, "hppo is not a parameter. Did you mean 'hpo'?"),
        ("hpo.n_trial", 3, "hpo.n_trial is not a parameter. Did you mean 'n_trials'?"),
        ("hpo.sampler.nme", "tpe", "hpo.sampler.nme is not a parameter. Did you mean 'name'?"),
        ("hpo.pruner.n_warmup", 1, "hpo.pruner.n_warmup is not a parameter. Did you mean 'n_warmup_epochs'?"),
        ("hpo.objectives", [{"wieght": 1}], "hpo.objectives.0.wieght is not a parameter. Did you mean 'weight'?"),
        ("labels.kimd", "x", "labels.kimd is not a parameter. Did you mean 'kind'?"),
        ("features.name", None, "features.name is not a parameter. Did you mean 'names'?"),
        ("holdout.fractoin", 0.2, "holdout.fractoin is not a parameter. Did you mean 'fraction'?"),
        ("folds.n_fold", 2, "folds.n_fold is not a parameter. Did you mean 'n_folds'?"),
        ("training.epoch", 2, "training.epoch is not a parameter. Did you mean 'epochs'?"),
        ("backtest.cost", 2, "backtest.cost is not a parameter. Did you mean 'cost_bps'?"),
        ("sources.cvs", {}, "sources.cvs is not a parameter. Did you mean 'csv'?"),
        ("sources.csv.pth", "x", "sources.csv.pth is not a parameter. Did you mean 'path'?"),
        ("search_spaces.lstn", {}, "search_spaces.lstn is not a parameter. Did you mean 'lstm'?"),
        (
            "search_spaces.lstm.lstm_hidden",
            {"type": "int", "low": 1, "high": 2},
            "search_spaces.lstm.lstm_hidden is not a parameter of lstm. Did you mean 'lstm_hidden_dim'?",
        ),
        (
            "search_spaces.common.learning_rat",
            {"type": "float", "low": 1e-4, "high": 1e-2},
            "search_spaces.common.learning_rat is not a parameter of every model. Did you mean 'learning_rate'?",
        ),
        (f"{ENTRY}.lo", 1, f"{ENTRY}.lo is not a parameter. Did you mean 'low'?"),
        (
            "search_spaces.common.batch_size.choice",
            [1],
            "search_spaces.common.batch_size.choice is not a parameter. Did you mean 'choices'?",
        ),
        (
            "hpo.custom_search_spaces.lstm",
            {"lstm_num_layer": 2},
            "hpo.custom_search_spaces.lstm.lstm_num_layer is not a parameter of lstm. Did you mean 'lstm_num_layers'?",
        ),
        # names that are none
        ("source", "sp500", "source: unknown source 'sp500'. Did you mean 'sp500_20'?"),
        ("hpo.models_to_optimize", ["lstn"], "hpo.models_to_optimize: unknown model type 'lstn'. Did you mean 'lstm'?"),
        ("hpo.models_to_optimize", "lstn", "hpo.models_to_optimize: unknown model type 'lstn'. Did you mean 'lstm'?"),
        ("hpo.sampler.name", "tpo", "hpo.sampler: unknown sampler 'tpo'. Did you mean 'tpe'?"),
        ("hpo.sampler", "tpo", "hpo.sampler: unknown sampler 'tpo'. Did you mean 'tpe'?"),
        ("hpo.pruner", "medan", "hpo.pruner: unknown pruner 'medan'. Did you mean 'median'?"),
        ("hpo.pruner", {"min_epochs": 2}, f"hpo.pruner: name is missing. Known: {', '.join(sorted(PRUNERS))}."),
        ("hpo.pruner", 3, "hpo.pruner must be a mapping, got 3."),
        ("hpo.pruner", {"name": ["median"]}, "hpo.pruner: unknown pruner ['median']. Did you mean 'median'?"),
        # options of others, which stay where files are merged key by key
        (
            "hpo.sampler",
            {"name": "random", "n_startup_trials": 5},
            "hpo.sampler.n_startup_trials is not a parameter. Known: name. It is an option of tpe and gp: give "
            "hpo.sampler=random to drop what is set for another sampler.",
        ),
        (
            "hpo.pruner",
            {"name": "patient", "wrapped": {"name": "hyperband", "percentile": 5, "min_epochs": 0}},
            [
                "hpo.pruner.wrapped.min_epochs must be greater than or equal to 1, got 0.",
                "hpo.pruner.wrapped.percentile is not a parameter. Known: min_epochs, name, reduction_factor. It is an "
                "option of percentile: give hpo.pruner.wrapped=hyperband to drop what is set for another pruner.",
            ],
        ),
        (
            "hpo.phases",
            [{"name": "a", "n_trials": 1, "sampler": {"name": "tpe", "n_startup_trial": 5}}],
            "hpo.phases.0.sampler.n_startup_trial is not a parameter. Did you mean 'n_startup_trials'?",
        ),
        ("hpo.objectives", [{"metric": "mc"}], "hpo.objectives.0.metric: unknown metric 'mc'. Did you mean 'mcc'?"),
        ("features.names", ["rsi_15"], "features.names: unknown feature 'rsi_15'. Did you mean 'rsi_14'?"),
        (
            "sources.csv.columns",
            {"opn": "o"},
            "sources.csv.columns: 'opn' is not a column of bars. Did you mean 'open'?",
        ),
        (
            "labels.kind",
            "x",
            f"labels.kind: unknown task 'x'. Known: {', '.join(sorted(TASKS))}.",
        ),
        (
            "folds.scheme",
            "x",
            "folds.scheme: unknown splitter 'x'. Known: blocked, combinatorial, purged_kfold, walk_forward.",
        ),
        (
            "backtest.positions",
            "long",
            "backtest.positions: unknown position rule 'long'. Did you mean 'long_flat'?",
        ),
        (
            "backtest.positions",
            {"name": "hold_to_touch", "hold_shrt": True},
            "backtest.positions.hold_shrt is not a parameter. Did you mean 'hold_short'?",
        ),
        (
            "backtest.positions",
            "hold_to_touch",
            "backtest.positions must be a rule without barriers for labels.kind=direction, which has none, got "
            "'hold_to_touch'. Choose another, or labels.kind=triple_barrier.",
        ),
        ("training.loss", "x", f"training.loss: unknown loss 'x'. Known: {', '.join(sorted(LOSSES))}."),
        ("training.loss", "sharp", "training.loss: unknown loss 'sharp'. Did you mean 'sharpe'?"),
        (
            "hpo.objectives",
            [{"direction": "up"}],
            "hpo.objectives.0.direction must be 'maximize' or 'minimize', got 'up'.",
        ),
        # numbers
        ("hpo.n_trials", 0, "hpo.n_trials must be greater than or equal to 1, got 0."),
        ("hpo.n_trials", -3, "hpo.n_trials must be greater than or equal to 1, got -3."),
        ("hpo.n_trials", 2.5, "hpo.n_trials must be a whole number, got 2.5."),
        ("hpo.n_trials", "many", "hpo.n_trials must be a whole number, got 'many'."),
        ("hpo.n_trials", True, "hpo.n_trials must be a whole number, got True."),
        ("hpo.n_trials", None, "hpo.n_trials must be a whole number, got null."),
        ("hpo.epochs", 0, "hpo.epochs must be greater than or equal to 1, got 0."),
        ("hpo.timeout_minutes", 0, "hpo.timeout_minutes must be greater than 0, got 0."),
        ("hpo.workers", "many", "hpo.workers must be a whole number or 'auto', got 'many'."),
        ("hpo.workers", 0, "hpo.workers must be 1 to 256, or 'auto', got 0."),
        ("hpo.workers", 257, "hpo.workers must be 1 to 256, or 'auto', got 257."),
        ("training.threshold", "half", "training.threshold must be 'prevalence' or a number, got 'half'."),
        ("labels.horizon_bars", 0, "labels.horizon_bars must be greater than or equal to 1, got 0."),
        ("labels.horizon_bars", 1.5, "labels.horizon_bars must be a whole number, got 1.5."),
        ("labels.threshold", float("nan"), "labels.threshold must be a finite number, got nan."),
        ("holdout.fraction", 1.5, "holdout.fraction must be less than 0.9, got 1.5."),
        ("holdout.start", "soon", "holdout.start must be a date such as 2020-12-31, got 'soon'."),
        ("folds.embargo_bars", -1, "folds.embargo_bars must be greater than or equal to 0, got -1."),
        ("sources.max_missing_bars", -1, "sources.max_missing_bars must be greater than or equal to 0, got -1."),
        # search spaces
        (f"{ENTRY}.low", 0.5, f"{ENTRY}.low must be at most high, got low 0.5 and high 0.01."),
        (f"{ENTRY}.low", 0.0, f"{ENTRY}.low must be above 0 with log, got 0.0."),
        (ENTRY, {"type": "log_uniform", "low": -1, "high": 1}, f"{ENTRY}.low must be above 0 with log, got -1.0."),
        (f"{ENTRY}.step", 0.1, f"{ENTRY}.step cannot go with log, got step 0.1."),
        (f"{ENTRY}.low", "tiny", f"{ENTRY}.low must be a number, got 'tiny'."),
        (f"{ENTRY}.type", "flot", f"{ENTRY}.type must be one of 'float', 'int', 'categorical', got 'flot'."),
        (ENTRY, {"low": 1e-4, "high": 1e-2}, f"{ENTRY}.type is missing."),
        (ENTRY, {"type": "float", "low": 1e-4}, f"{ENTRY}.high is missing."),
        (ENTRY, 0.1, f"{ENTRY} must be a mapping, got 0.1."),
        (
            "search_spaces.common.batch_size.choices",
            [],
            "search_spaces.common.batch_size.choices must be a list of at least 1, got [].",
        ),
        (
            "search_spaces.common.batch_size.choices",
            [32, "big"],
            "search_spaces.common.batch_size must be a whole number, got 'big'.",
        ),
        (
            "search_spaces.mlp.hidden_layers",
            {"type": "int", "low": 4, "high": 2},
            "search_spaces.mlp.hidden_layers.low must be at most high, got low 4 and high 2.",
        ),
        (
            "search_spaces.mlp.hidden_layers.low",
            1.5,
            "search_spaces.mlp.hidden_layers.low must be a whole number, got 1.5.",
        ),
        (
            "search_spaces.common.dropout_rate.high",
            1.5,
            "search_spaces.common.dropout_rate must be less than 1, got 1.5.",
        ),
        (
            "hpo.custom_search_spaces.lstm",
            {"lstm_hidden_dim": {"type": "int", "low": 3}},
            "hpo.custom_search_spaces.lstm.lstm_hidden_dim.high is missing.",
        ),
        (
            "hpo.custom_search_spaces.common",
            {"learning_rate": "fast"},
            "hpo.custom_search_spaces.common.learning_rate must be a number, got 'fast'.",
        ),
        # lists, names and groups
        ("hpo.models_to_optimize", [], "hpo.models_to_optimize must be a list of at least 1, got []."),
        ("hpo.objectives", [], "hpo.objectives must be a list of at least 1, got []."),
        (
            "hpo.constraints",
            [{"metric": "sharp", "min": 0}],
            "hpo.constraints.0.metric: unknown metric 'sharp'. Did you mean 'sharpe'?",
        ),
        (
            "hpo.storage",
            "postgresql+psycopg://me:secret@host/studies",
            "hpo.storage is not a parameter, since parameters are logged. Give the URL of a server in the environment: "
            "TRADING_HPO_STORAGE.",
        ),
        (
            "hpo.study_name",
            "postgresql://me:secret@host/studies",
            f"hpo.study_name must be text that matches {NAME_PATTERN}, got 'postgresql://me:***@host/studies'.",
        ),
        ("hpo.phases", [{"name": "a"}], "hpo.phases.0.n_trials is missing."),
        (
            "hpo.phases",
            [{"name": "a", "n_trials": 0}],
            "hpo.phases.0.n_trials must be greater than or equal to 1, got 0.",
        ),
        (
            "hpo.phases",
            [{"name": "a", "n_trials": 1, "narrow_around_best": 0.5}],
            "hpo.phases: narrow_around_best cannot be in the first phase: there is no best yet. Remove it.",
        ),
        ("hpo.phases", [{"name": "a", "n_trials": 1}] * 2, "hpo.phases: name 'a' is given twice. Rename one."),
        (
            "hpo.phases",
            [{"name": "a", "n_trials": 1, "sampler": "gp"}],
            "hpo.pruner must be none with sampler gp, got 'median': it learns from complete trials only.",
        ),
        ("features.names", [], "features.names must be a list of at least 1, got []."),
        ("features.names", "rsi_14", "features.names must be a list, got 'rsi_14'."),
        (
            "features.names",
            ["rsi_14", "rsi_14"],
            "features.names must name each feature once, got 'rsi_14' again.",
        ),
        ("assets", [], "assets must be text or a list of at least 1, got []."),
        ("assets", 3, "assets: names are text, got 3, as YAML reads it. " + IN_QUOTES),
        (
            "assets",
            ["AAPL", False],
            "assets: names are text, got False, as YAML reads it. " + IN_QUOTES,
        ),
        (
            "assets",
            [None],
            "assets: names are text, got None, as YAML reads it. " + IN_QUOTES,
        ),
        ("scenario", "a b", f"scenario must be text that matches {NAME_PATTERN}, got 'a b'."),
        ("hpo.study_name", "../x", f"hpo.study_name must be text that matches {NAME_PATTERN}, got '../x'."),
        ("hpo", None, "hpo must be a mapping, got null."),
        ("labels", "volatility", "labels must be a mapping, got 'volatility'."),
        # against each other
        (
            "training.loss",
            "mse",
            "training.loss must be focal or cross_entropy for labels.kind=direction, got 'mse'. Or leave it at auto.",
        ),
        (
            "training.loss",
            "sharpe",
            "training.loss must be focal or cross_entropy for labels.kind=direction, got 'sharpe'. "
            "Or leave it at auto.",
        ),
        (
            "backtest.regression_weight",
            0.5,
            "backtest.classification_weight and regression_weight must sum to 1, got 0.7 and 0.5. Change one of them.",
        ),
        (
            "training.schedule",
            {"name": "multi_phase", "phases": [{"epochs": 2}]},
            "training.schedule.phases must cover all 3 epochs, got phases of 2 epochs. Add some, lengthen one, or set "
            "repeat.",
        ),
        (
            "hpo.custom_search_spaces",
            {"common": {"schedule": "cosine", "warmup_epochs": {"type": "int", "low": 0, "high": 3}}},
            [
                f"{model_type}.warmup_epochs must be below the number of epochs, 3, got 3. Warm up for fewer, or train "
                "for more."
                for model_type in MODEL_TYPES
                if "schedule" in MODEL_TYPES[model_type].choices
            ],
        ),
        (
            "training.schedule",
            {"name": "cyclical", "cycle_epochs": 10**400},
            f"training.schedule.cycle_epochs must be less than or equal to 1000000, got {10**400}.",
        ),
        (
            "training.schedule",
            {"name": "multi_phase", "phases": [{"epochs": 10**7}]},
            "training.schedule.phases.0.epochs must be less than or equal to 1000000, got 10000000.",
        ),
        (
            "hpo.custom_search_spaces",
            {"gradient_boosting": {"boosting_min_samples_leaf": 10**10}},
            "hpo.custom_search_spaces.gradient_boosting.boosting_min_samples_leaf must be less than or equal to "
            "1000000, got 10000000000.",
        ),
        ("source", "csv", "sources.csv.path must name a file or folder when source=csv, got null."),
        (
            "hpo.pruner",
            {"name": "hyperband", "min_epochs": 7},
            "hpo.pruner.min_epochs must be at most the epochs of a trial (3), got 7.",
        ),
    ],
)
def test_one_mistake_is_one_sentence_that_names_parameter_rule_and_value(base, name, value, sentence):
    assert problems(changed(base, (name, value))) == ([sentence] if isinstance(sentence, str) else sentence)


def test_a_folds_rule_across_parameters_names_its_parameter_once(base):
    raw = changed(base, ("folds.scheme", "combinatorial"), ("folds.options", {"groups": 5}))
    assert problems(raw) == [
        "folds.n_folds must be 10 for combinatorial with groups=5, test_groups=2, got 4. "
        "The options decide how many there are."
    ]
    raw = changed(base, ("folds.scheme", "purged_kfold"), ("folds.n_folds", 1))
    assert problems(raw) == ["folds.n_folds must be 2 or more for purged_kfold, got 1."]


def test_a_pruner_that_outlives_its_trials_is_one_sentence(base):
    raw = changed(base, ("hpo.pruner", {"name": "hyperband", "min_epochs": 7}), ("hpo.epochs", 3))
    assert problems(raw) == ["hpo.pruner.min_epochs must be at most the epochs of a trial (3), got 7."]


@pytest.mark.parametrize("group", sorted({"labels", "holdout", "folds", "training", "backtest", "hpo", "features"}))
def test_no_sentence_shows_what_only_the_library_knows(base, group):
    """Every single value of a group replaced by something absurd, all at once."""
    raw = changed(base, *((f"{group}.{key}", {"absurd": [None]}) for key in base[group]))
    said = problems(raw)
    # custom_search_spaces refuses the key itself; options are the splitter's to judge, of which there is none here.
    assert len(said) >= len(base[group]) - (group in ("hpo", "folds"))
    for sentence in said:
        assert sentence.startswith(f"{group}.")
        for jargon in ("Input should", "Value error", "literal[", "function-", "tagged-", "tuple[", ".str ", ".int "):
            assert jargon not in sentence


def test_all_mistakes_of_all_groups_are_told_at_once(base):
    raw = changed(base, ("hpo.n_trials", 0), ("labels.kimd", "x"), ("folds.n_folds", "four"))
    with pytest.raises(ConfigurationError) as caught:
        check_parameters(raw)
    heading, *lines = str(caught.value).splitlines()
    assert heading == "3 problems in the configuration:"
    assert lines == [
        "  - labels.kimd is not a parameter. Did you mean 'kind'?",
        "  - folds.n_folds must be a whole number, got 'four'.",
        "  - hpo.n_trials must be greater than or equal to 1, got 0.",
    ]


def test_runs_of_the_sharpe_loss_are_longer_than_positions_are_held_where_costs_count(base):
    given = changed(
        base,
        ("labels.kind", "forward_return"),
        ("labels.horizon_bars", 20),
        ("training.loss", {"name": "sharpe", "sharpe_cost_bps": 5}),
        ("hpo.objectives", [{"metric": "sharpe"}]),
    )
    assert problems(given) == [
        "training.loss.sharpe_run_bars must be above the 20 bars for which a position is held, where sharpe_cost_bps "
        "is above 0, got 20: no trade would cost anything. Lengthen the runs."
    ]
    assert check_parameters(changed(given, ("training.loss.sharpe_run_bars", 21)))


LEVELS = {"type": "categorical", "choices": [[0.1, 0.5, 0.9], [0.25, 0.5, 0.75]]}


def with_levels(base, levels, metric):
    return changed(
        base,
        ("labels.kind", "forward_return"),
        ("training.loss", "quantile"),
        ("hpo.models_to_optimize", ["mlp"]),
        ("hpo.objectives", [{"metric": metric}]),
        ("hpo.custom_search_spaces", {"common": {"quantile_levels": levels}}),
    )


def test_lists_of_levels_are_searched_unless_trials_are_compared_by_what_depends_on_them(base):
    assert check_parameters(with_levels(base, LEVELS, "ic"))
    assert check_parameters(with_levels(base, [0.1, 0.5], "pinball"))  # fixed
    assert problems(with_levels(base, LEVELS, "pinball")) == [
        "quantile_levels must not be searched where hpo.objectives is pinball, whose value depends on the levels. Fix "
        "them in training.loss, or take another metric."
    ]
    assert problems(with_levels(base, [0.5, 0.1], "ic")) == [
        "hpo.custom_search_spaces.common.quantile_levels must rise, above 0 and below 1, got [0.5, 0.1]. Sort them, "
        "each once."
    ]


def test_all_contradictions_are_told_at_once(base):
    raw = changed(base, ("source", "parquet"), ("training.loss", "mae"))
    assert len(problems(raw)) == 2


@pytest.mark.parametrize(
    ("kind", "name", "value", "asked", "lacks"),
    [
        ("direction", "hpo.objectives", [{"metric": "directional_accuracy"}], "hpo.objectives", "a forecast number"),
        ("direction", "hpo.constraints", [{"metric": "pinball", "max": 1}], "hpo.constraints", "quantiles"),
        ("direction", "training.monitor_metric", "mape", "training.monitor_metric", "returns that make a price path"),
        ("forward_return", "hpo.objectives", [{"metric": "brier"}], "hpo.objectives", "the probability of a class"),
        ("forward_return", "training.monitor_metric", "pinball", "training.monitor_metric", "quantiles"),
    ],
)
def test_a_metric_that_the_task_cannot_have_is_refused_where_it_decides_something(
    base, kind, name, value, asked, lacks
):
    (said,) = problems(changed(base, ("labels.kind", kind), (name, value)))
    assert said.startswith(f"{asked} must be a metric that labels.kind={kind} has with training.loss=")
    assert f", which needs {lacks}. Of the forecast it has mcc, " in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"hpo.objectives": [{"metric": "latency_ms"}]},
            "hpo.objectives must be a cost that is known of every model type, got 'latency_ms', which is not known of "
            "linear and gradient_boosting. Leave them out of hpo.models_to_optimize.",
        ),
        (
            {"labels.kind": "forward_return", "training.loss": "quantile", "hpo.objectives": [{"metric": "pinball"}]},
            "hpo.objectives must be a metric that labels.kind=forward_return has with linear and gradient_boosting, "
            "got 'pinball', which needs quantiles. ",
        ),
        (
            {"labels.kind": "forward_return", "training.loss": "sharpe", "hpo.objectives": [{"metric": "ic"}]},
            "hpo.objectives must be a metric that labels.kind=forward_return has with training.loss=sharpe, got 'ic', "
            "which needs a probability or a forecast number. ",
        ),
        (
            {"labels.kind": "forward_return", "training.loss": "sharpe"},
            "hpo.objectives (null: the one of the task) must be a metric that labels.kind=forward_return has with "
            "training.loss=sharpe, got 'ic', which needs a probability or a forecast number. ",
        ),
        (
            {
                "labels.kind": "forward_return",
                "training.loss": "sharpe",
                "hpo.objectives": [{"metric": "sharpe"}],
                "training.monitor_metric": "r2",
            },
            "training.monitor_metric must be a metric that labels.kind=forward_return has with training.loss=sharpe, "
            "got 'r2', which needs a probability or a forecast number. ",
        ),
    ],
)
def test_a_metric_that_some_model_types_cannot_have_is_refused(base, changes, said):
    (problem,) = problems(changed(base, *changes.items()))
    assert problem.startswith(said)
    networks = [name for name in MODEL_TYPES if not MODEL_TYPES[name].is_reference]
    if "linear" in said:  # the remedy helps
        assert check_parameters(changed(base, *changes.items(), ("hpo.models_to_optimize", networks)))


@pytest.mark.parametrize("task", TASKS)
def test_a_search_that_names_no_objective_improves_the_one_of_its_task(base, task):
    hpo = check_parameters(changed(base, ("labels.kind", task))).hpo
    assert hpo.objectives is None
    assert [goal.metric for goal in hpo.for_task(TASKS[task]()).improved] == [TASKS[task].objective]
    named = HpoConfig(objectives=[{"metric": "sharpe"}])
    assert named.for_task(TASKS[task]()) is named


def test_a_rule_that_a_loss_of_positions_would_not_follow_is_not_searched(base):
    searched = {"mlp": {"positions": {"type": "categorical", "choices": ["long_flat", "long_short"]}}}
    given = changed(
        base,
        ("labels.kind", "forward_return"),
        ("training.loss", "sharpe"),
        ("hpo.objectives", [{"metric": "sharpe"}]),
        ("hpo.custom_search_spaces", searched),
    )
    assert problems(given) == [
        "positions must not be searched with training.loss=sharpe, whose positions are held whatever the rule is, got "
        "a range for mlp. Remove it."
    ]


@pytest.mark.parametrize("metric", ["log_loss", "average_precision", "sortino", "active_sharpe", "model_size_mb"])
def test_a_metric_that_the_task_can_have_may_decide_something(base, metric):
    assert check_parameters(changed(base, ("hpo.objectives", [{"metric": metric}])))


def test_the_parameters_of_a_run_cannot_be_changed(standard):
    with pytest.raises(ValueError, match="frozen"):
        standard.source = "csv"
    with pytest.raises(ValueError, match="frozen"):
        standard.hpo.n_trials = 1


# --- samplers and pruners that do not go together ---

STEPPED = {
    "learning_rate": {"type": "categorical", "choices": [0.001, 0.01]},
    **dict.fromkeys(("weight_decay", "dropout_rate", "focal_alpha", "focal_gamma", "early_stopping_patience")),
}


def test_a_grid_larger_than_the_budget_is_refused_with_both_numbers(base):
    raw = changed(
        base,
        ("hpo.sampler", "grid"),
        ("hpo.models_to_optimize", ["lstm"]),
        ("hpo.custom_search_spaces.common", STEPPED),
        ("hpo.custom_search_spaces.lstm", {"lstm_hidden_dim": 32, "attention_dim": 32}),
    )
    # 2 rates, 2 batch sizes, with and without layer norm.
    assert check_parameters(changed(raw, ("hpo.n_trials", 8)))
    assert problems(changed(raw, ("hpo.n_trials", 7))) == [
        "hpo.n_trials must be at least the 8 combinations of lstm's grid, got 7. Raise it, or narrow the space in "
        "hpo.custom_search_spaces."
    ]


def test_a_grid_of_continuous_ranges_is_refused_by_name(base):
    found = problems(changed(base, ("hpo.sampler", "grid"), ("hpo.models_to_optimize", ["mlp"])))
    assert any(problem.startswith("learning_rate must have a step or be categorical") for problem in found)


def test_the_gaussian_process_is_refused_with_pruning(base):
    assert check_parameters(changed(base, ("hpo.sampler", "gp"), ("hpo.pruner", "none")))
    assert problems(changed(base, ("hpo.sampler", "gp"), ("hpo.pruner", "median"))) == [
        "hpo.pruner must be none with sampler gp, got 'median': it learns from complete trials only."
    ]


def test_a_configuration_to_start_from_fits_a_model_type_or_is_refused_with_what_does_not(base):
    fitting = ("hpo.start_from", [{"learning_rate": 0.001, "lstm_hidden_dim": 32}, {"hidden_layers": 2}])
    assert check_parameters(changed(base, fitting))
    raw = changed(base, ("hpo.models_to_optimize", ["mlp"]), ("hpo.start_from", [{"learning_rate": 5.0, "widht": 3}]))
    assert problems(raw) == ["hpo.start_from.0 does not fit the search space of mlp: learning_rate=5.0, widht=3."]


def test_a_grid_needs_no_configurations_to_start_from(base):
    raw = changed(base, ("hpo.sampler", "grid"), ("hpo.start_from", [{"learning_rate": 0.001}]))
    assert any("start_from cannot go with sampler grid" in problem for problem in problems(raw))


@pytest.mark.parametrize("group", ["models_to_optimize", "warm_start"])
def test_one_name_on_the_command_line_is_a_list_of_one(base, group):
    parameters = check_parameters(changed(base, (f"hpo.{group}", "mlp")))
    assert getattr(parameters.hpo, group) == ("mlp",)


# --- a user's own groups ---


OWN = {"my_group": {"a": 1}, "my_labels": {"kind": "x"}, "broker": "paper", "portfolio": [1, 2], "costs": None}


@pytest.mark.parametrize("name", OWN)
def test_a_group_of_the_users_own_is_welcome(base, name):
    assert check_parameters({**base, name: OWN[name]}) == check_parameters(base)


SLIPS = {
    "hppo": "hpo",
    "hp": "hpo",
    "HPO": "hpo",
    "lables": "labels",
    "label": "labels",
    "fodls": "folds",
    "trainig": "training",
    "train": "training",
    "serch_spaces": "search_spaces",
    "search": "search_spaces",
    "Training": "training",
    "soruce": "source",
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_in_the_name_of_a_group_is_refused(base, name):
    (said,) = problems({**base, name: {"n_trials": 3}})
    assert said.startswith(f"{name} is not a parameter.")
    assert name.isupper() or SLIPS[name] in said


@pytest.mark.parametrize("name", ["n_trials", "epochs", "seed", "sampler", "cost_bps"])
def test_a_parameter_that_belongs_into_a_group_is_refused_at_the_top(base, name):
    (said,) = problems({**base, name: 3})
    assert said.startswith(f"{name} is not a parameter.")
