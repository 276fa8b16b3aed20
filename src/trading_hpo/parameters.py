"""All parameters as one object: a configuration is checked whole, before anything runs."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.configuration import Config, problems_of
from trading_hpo.engine.samplers.grid import combinations
from trading_hpo.engine.space import fits
from trading_hpo.errors import ConfigurationError, did_you_mean
from trading_hpo.market.features import FeaturesConfig
from trading_hpo.market.sources import SOURCES, SourcesConfig
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.study.config import HpoConfig, search_space
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.tasks.labels import LabelsConfig
from trading_hpo.tasks.task import TARGET_KINDS
from trading_hpo.training.config import AUTO, TrainingConfig, losses_for
from trading_hpo.types import MODEL_TYPES


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
    hpo: HpoConfig = HpoConfig()

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        if source not in SOURCES:
            raise ValueError(f"unknown source {source!r}. {did_you_mean(source, SOURCES)}")
        return source

    @property
    def study_base_name(self) -> str:
        """What the names of the studies begin with."""
        return self.hpo.base_name(self.scenario, self.source, f"{self.labels.kind}{self.labels.steps}")


def check_parameters(raw: Mapping[str, Any]) -> Parameters:
    """Return the parameters, checked one by one and against each other.

    Raises:
        ConfigurationError: With every problem.
    """
    try:
        parameters = Parameters(**raw)
    except ValidationError as error:
        raise ConfigurationError(problems_of(error, Parameters)) from error
    problems = list(_contradictions(parameters))
    if problems:
        raise ConfigurationError(problems)
    return parameters


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


def _grid_problems(model_type: str, space: Mapping[str, Any], n_trials: int) -> Iterator[str]:
    size = len(combinations(space))
    if size > n_trials:
        yield (
            f"hpo.n_trials must be at least the {size} combinations of {model_type}'s grid, got {n_trials}. Raise it, "
            "or narrow the space in hpo.custom_search_spaces."
        )


def _rungs(search: HpoConfig, parameters: Parameters) -> Iterator[str]:
    epochs = search.epochs or parameters.training.epochs
    first_rung = search.pruner.first_rung
    if first_rung is not None and first_rung > epochs:
        yield f"hpo.pruner.min_epochs must be at most the epochs of a trial ({epochs}), got {first_rung}."


def _contradictions(parameters: Parameters) -> Iterator[str]:
    task, loss = parameters.labels.task, parameters.training.loss
    spaces = {}
    for model_type in MODEL_TYPES:
        try:
            space = search_space(model_type, task, parameters.search_spaces, parameters.training, parameters.hpo)
            if model_type in parameters.hpo.models_to_optimize:
                spaces[model_type] = space
                first = parameters.hpo.searches[0]
                if first.sampler.name == "grid":
                    yield from _grid_problems(model_type, space, first.n_trials)
        except ConfigurationError as error:
            yield from error.problems
    yield from _start_problems(spaces, parameters.hpo.start_from)
    fitting = losses_for(TARGET_KINDS[task])
    if loss not in (AUTO, *fitting):
        yield (
            f"training.loss must be {' or '.join(fitting)} for labels.kind={parameters.labels.kind}, "
            f"got {loss!r}. Or leave it at auto."
        )
    yield from dict.fromkeys(problem for search in parameters.hpo.searches for problem in _rungs(search, parameters))
    if parameters.hpo.tensorboard and find_spec("tensorboard") is None:
        yield 'hpo.tensorboard needs TensorBoard, which is not installed. Run `pip install -e ".[tensorboard]"`.'
    if parameters.source in ("csv", "parquet") and getattr(parameters.sources, parameters.source).path is None:
        yield (
            f"sources.{parameters.source}.path must name a file or folder when source={parameters.source}, got null."
        )
