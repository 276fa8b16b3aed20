"""All parameters as one object: a configuration is checked whole, before anything runs."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import product
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.configuration import Config, problems_of
from trading_hpo.engine.space import fits
from trading_hpo.errors import ConfigurationError, did_you_mean
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.sources.config import FILE_SOURCES, SourcesConfig
from trading_hpo.market.sources.read import SOURCES
from trading_hpo.metrics.registry import METRICS
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.metrics_of_task import learn_positions, metrics_it_lacks
from trading_hpo.study.search_spaces import SearchSpacesConfig, resolve_space
from trading_hpo.study.searched_losses import loss_problems
from trading_hpo.tasks.labels import LabelsConfig
from trading_hpo.tasks.positions.registry import CHOSEN_BY, POSITIONS
from trading_hpo.tasks.registry import TASKS, label_of
from trading_hpo.training.choices import CHOICES
from trading_hpo.training.config import LOSS, RetrainingConfig, TrainingConfig, losses_for

MONITOR = "training.monitor_metric"


class Parameters(Config):
    """The parameter groups of the project, by their names in ``conf/``."""

    scenario: str = Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")
    source: str
    sources: SourcesConfig = SourcesConfig()
    assets: str | Annotated[tuple[str, ...], Field(min_length=1)] = "all"
    features: FeaturesConfig = FeaturesConfig()
    labels: LabelsConfig = LabelsConfig()
    holdout: HoldoutConfig = HoldoutConfig()
    folds: FoldsConfig = FoldsConfig()
    search_spaces: SearchSpacesConfig = SearchSpacesConfig()
    training: TrainingConfig = TrainingConfig()
    backtest: BacktestConfig = BacktestConfig()
    hpo: HpoConfig = Field(default_factory=HpoConfig)
    retraining: RetrainingConfig = RetrainingConfig()

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """Return our groups of a whole configuration; what is the user's own is left out.

        Raises:
            ConfigurationError: With every problem, a misspelt name of ours among them.
        """
        ours = {name: value for name, value in raw.items() if name in cls.model_fields or _means_ours(name)}
        try:
            return cls(**ours)
        except ValidationError as error:
            raise ConfigurationError(problems_of(error, cls)) from error

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        if source not in SOURCES:
            raise ValueError(f"unknown source {source!r}. {did_you_mean(source, SOURCES)}")
        return source

    @field_validator("assets", mode="before")
    @classmethod
    def _text_in_yaml(cls, assets: object) -> object:
        """YAML reads 000001 and 1e5 as numbers, NO and TRUE as truth values, NULL as nothing."""
        for name in assets if isinstance(assets, list | tuple) else [assets]:
            if not isinstance(name, str | list | tuple | dict):
                raise ValueError(
                    f"names are text, got {name!r}, as YAML reads it. Put names like 000001, 1e5, NO in quotes, on the "
                    """command line within others: --params "assets='000001'"."""
                )
        return assets

    @property
    def data_terms(self) -> dict[str, Any]:
        """What decides which data and folds are prepared, as plain data."""
        return {
            "assets": self.assets if isinstance(self.assets, str) else list(self.assets),
            **{name: getattr(self, name).model_dump(mode="json") for name in ("features", "holdout", "folds")},
            "labels": label_of(self.labels.task),
        }

    @property
    def study_terms(self) -> dict[str, Any]:
        """What decides on which data and folds a study's networks are trained, and how: plain data."""
        return {**self.data_terms, "training": self.training.compared(), "hpo": {"seed": self.hpo.seed}}

    @property
    def study_base_name(self) -> str:
        """What the names of the studies begin with."""
        return self.hpo.base_name(self.scenario, self.source, f"{self.labels.kind}{self.labels.task.horizon_bars}")


def check_parameters(raw: Mapping[str, Any]) -> Parameters:
    """Return the parameters, checked one by one and against each other.

    Raises:
        ConfigurationError: With every problem.
    """
    parameters = Parameters.of(raw)
    problems = list(_contradictions(parameters))
    if problems:
        raise ConfigurationError(problems)
    return parameters


def _means_ours(name: str) -> bool:
    """Whether a name at the top is one of ours with a slip, cut short, or a parameter that belongs into a group.

    A user's own group is welcome; a setting of ours that is silently not read is not.

    Example:
        >>> [_means_ours(name) for name in ("hppo", "lables", "search", "n_trials", "my_labels", "broker")]
        [True, True, True, True, False, False]
    """
    groups = Parameters.model_fields
    near = difflib.get_close_matches(name.lower(), groups, cutoff=0.75)
    slip = any(abs(len(group) - len(name)) <= 2 for group in near)  # "my_labels" is not "labels"
    inside = {field for group in groups.values() for field in getattr(group.annotation, "model_fields", {})}
    return slip or name in inside or any(group.startswith(name) for group in groups)


def _start_problems(
    spaces: Mapping[str, Mapping[str, Any]], configurations: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """A configuration to start from must fit the space of a model type that is searched, or it would never be tried."""
    for number, configuration in enumerate(configurations):
        if any(fits(space, configuration) for space in spaces.values()):
            continue
        for model_type, space in spaces.items():
            wrong = [
                f"{name}={value!r}"
                for name, value in configuration.items()
                if name not in space or not space[name].contains(value)
            ]
            yield f"hpo.start_from.{number} does not fit the search space of {model_type}: {', '.join(wrong)}."


def _unfinished(model_type: str, space: Mapping[str, Any], search: HpoConfig) -> Iterator[str]:
    """A sampler that tries all must get to the end."""
    if search.sampler.tries_all and (size := search.sampler.n_slots(space)) > search.n_trials:
        yield (
            f"hpo.n_trials must be at least the {size} combinations of {model_type}'s {search.sampler.name}, got "
            f"{search.n_trials}. Raise it, or narrow the space in hpo.custom_search_spaces."
        )


def _rungs(search: HpoConfig, parameters: Parameters) -> Iterator[str]:
    epochs = search.epochs or parameters.training.epochs
    first_rung = search.pruner.first_rung
    if first_rung is not None and first_rung > epochs:
        yield f"hpo.pruner.min_epochs must be at most the epochs of a trial ({epochs}), got {first_rung}."


def _schedules(parameters: Parameters, spaces: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what of the schedules does not go with the epochs of a trial, or of the final training."""
    training = parameters.training
    numbers = {search.epochs or training.epochs for search in parameters.hpo.searches}
    numbers |= {parameters.retraining.epochs} if parameters.retraining.epochs else set()
    for model_type, space in spaces.items():
        if "schedule" not in MODEL_TYPES[model_type].choices:
            continue
        searched = space["schedule"].choices if "schedule" in space else (training.chosen("schedule", "class"),)
        for name, epochs in product(searched, sorted(numbers)):
            schedule, fixed = CHOICES["schedule"][name], training.options("schedule", name)
            yield from (f"training.schedule.{problem}" for problem in schedule(**fixed).problems(epochs))
            for own in (own for own in space if own in schedule.model_fields):
                made = (schedule(**{**fixed, own: edge}) for edge in space[own].edges())
                yield from (f"{model_type}.{problem}" for one in made for problem in one.problems(epochs))


def _metric_problems(parameters: Parameters, spaces: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Every model type must be able to tell what is improved, bounded or monitored."""
    task, training = parameters.labels.task, parameters.training
    by_losses: dict[tuple[str, ...], list[str]] = {}
    for model_type, space in spaces.items():
        searched = space["loss"].choices if "loss" in space else (training.chosen("loss", task.target_kind),)
        losses = tuple(sorted(searched)) if "loss" in MODEL_TYPES[model_type].choices else ()
        by_losses.setdefault(losses, []).append(model_type)
    asked = list(_asked_for(parameters))
    for losses, model_types in sorted(by_losses.items(), reverse=True):  # networks first
        # What learns no loss by epochs monitors nothing.
        of_these = [one for one in asked if losses or one[0] != MONITOR]
        lacking_it = {one: list(metrics_it_lacks(task, losses, model_types, [one])) for one in of_these}
        yield from (problem for problems in lacking_it.values() for problem in problems)
        asked = [one for one in asked if not lacking_it.get(one)]  # said once
        if (
            losses
            and learn_positions(losses)
            and (for_nothing := [own for own in model_types if CHOSEN_BY in spaces[own]])
        ):
            yield (
                f"positions must not be searched with training.loss={' or '.join(losses)}, whose positions are held "
                f"whatever the rule is, got a range for {' and '.join(for_nothing)}. Remove it."
            )
    for parameter, name in _asked_for(parameters):
        if lacking := [model_type for model_type in spaces if name in MODEL_TYPES[model_type].unknown_costs]:
            yield (
                f"{parameter} must be a cost that is known of every model type, got {name!r}, which is not known of "
                f"{' and '.join(lacking)}. Leave them out of hpo.models_to_optimize."
            )


def _asked_for(parameters: Parameters) -> Iterator[tuple[str, str]]:
    """Yield the metrics that decide something, each after the name of its parameter."""
    named, hpo = parameters.hpo.objectives, parameters.hpo.for_task(parameters.labels.task)
    asked_by = "hpo.objectives" if named else "hpo.objectives (null: the one of the task)"
    yield from ((asked_by, objective.metric) for objective in hpo.improved)
    yield from (("hpo.constraints", bound.metric) for bound in parameters.hpo.constraints)
    if parameters.training.monitor_metric != LOSS:
        yield MONITOR, parameters.training.monitor_metric


def _level_problems(parameters: Parameters, space: Mapping[str, Any]) -> Iterator[str]:
    """What is measured of quantiles depends on which they are: trials of other levels cannot be compared by it."""
    if "quantile_levels" not in space or len(space["quantile_levels"].edges()) == 1:
        return
    for parameter, name in _asked_for(parameters):
        if parameter != MONITOR and METRICS[name].needs == "quantiles":
            yield (
                f"quantile_levels must not be searched where {parameter} is {name}, whose value depends on the levels. "
                "Fix them in training.loss, or take another metric."
            )


def _step_problems(parameters: Parameters, space: Mapping[str, Any]) -> Iterator[str]:
    """Every trial must learn the steps that all are judged on, and none more than the labels have."""
    if "pred_len" not in space:
        return
    task, edges = parameters.labels.task, space["pred_len"].edges()
    if task.judged_steps is None:
        fitting = " or ".join(name for name in TASKS if TASKS[name]().judged_steps is not None)
        yield f"pred_len must not be searched for labels.kind={task.name}: its labels have one step. Take {fitting}."
        return
    if max(edges) > task.horizon_bars:
        yield (
            f"labels.horizon_bars must be at least the longest pred_len ({max(edges)}), got {task.horizon_bars}. "
            "Raise it: labels and purging reach as far."
        )
    if min(edges) < task.judged_steps:
        yield (
            f"labels.judged_bars must be at most the shortest pred_len ({min(edges)}), got {task.judged_steps}: all "
            f"trials are judged on the same steps. Set labels.judged_bars={min(edges)}."
        )


def _rule_problems(parameters: Parameters, space: Mapping[str, Any]) -> Iterator[str]:
    """A rule that waits for a touch needs barriers, and a task that brings its own rule is traded by no other."""
    task = parameters.labels.task
    searched = space[CHOSEN_BY].choices if CHOSEN_BY in space else ()
    for name in (parameters.backtest.positions.name, *searched):
        if "barriers" in POSITIONS[name].reads and not task.has_barriers:
            fitting = " or ".join(other for other in TASKS if TASKS[other].has_barriers)
            yield (
                f"{'positions' if name in searched else 'backtest.positions'} must be a rule without barriers for "
                f"labels.kind={task.name}, which has none, got {name!r}. Choose another, or labels.kind={fitting}."
            )
    if task.positions is not None and (others := [name for name in searched if name != task.positions]):
        yield (
            f"positions must be {task.positions} for labels.kind={task.name}, which is traded by that rule alone, got "
            f"{', '.join(others)}. Remove it from hpo.custom_search_spaces."
        )


def _contradictions(parameters: Parameters) -> Iterator[str]:
    target_kind = parameters.labels.task.target_kind
    loss = parameters.training.chosen("loss", target_kind)
    spaces, custom = {}, parameters.hpo.custom_search_spaces
    for model_type in MODEL_TYPES:
        try:
            space = resolve_space(parameters.search_spaces, custom, model_type, parameters.training, target_kind)
            if model_type in parameters.hpo.models_to_optimize:
                spaces[model_type] = space
                yield from _unfinished(model_type, space, parameters.hpo.searches[0])
        except ConfigurationError as error:
            yield from error.problems
    yield from _start_problems(spaces, parameters.hpo.start_from)
    fitting = losses_for(target_kind)
    if loss not in fitting:
        yield (
            f"training.loss must be {' or '.join(fitting)} for labels.kind={parameters.labels.kind}, got {loss!r}. "
            "Or leave it at auto."
        )
    yield from _metric_problems(parameters, spaces)
    yield from dict.fromkeys(_schedules(parameters, spaces))
    learning = {name: space for name, space in spaces.items() if "loss" in MODEL_TYPES[name].choices}
    yield from dict.fromkeys(
        problem
        for model_type, space in learning.items()
        for problem in loss_problems(model_type, space, parameters.training, parameters.labels.task)
    )
    yield from dict.fromkeys(
        problem for space in [{}, *spaces.values()] for problem in _rule_problems(parameters, space)
    )
    checks = (_step_problems, _level_problems)
    of_spaces = product(spaces.values(), checks)
    yield from dict.fromkeys(problem for space, check in of_spaces for problem in check(parameters, space))
    yield from dict.fromkeys(problem for search in parameters.hpo.searches for problem in _rungs(search, parameters))
    if parameters.hpo.tensorboard and find_spec("tensorboard") is None:
        yield 'hpo.tensorboard needs TensorBoard, which is not installed. Run `pip install -e ".[tensorboard]"`.'
    if parameters.source in FILE_SOURCES and getattr(parameters.sources, parameters.source).path is None:
        yield (
            f"sources.{parameters.source}.path must name a file or folder when source={parameters.source}, got null."
        )
