"""What a configuration can choose from: every component of the registries, with its parameters, bounds and source."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from importlib import import_module
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from trading_hpo.engine.pruners.registry import PRUNERS
from trading_hpo.engine.samplers.registry import SAMPLERS
from trading_hpo.families.registry import MODEL_TYPES, ModelType
from trading_hpo.market.features.registry import FEATURES
from trading_hpo.metrics.metric import Metric
from trading_hpo.metrics.registry import METRICS
from trading_hpo.registry import Registry
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.tasks.positions.registry import POSITIONS
from trading_hpo.tasks.registry import TASKS
from trading_hpo.training.choices import CHOICES
from trading_hpo.training.losses.registry import part_losses

_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_BETTER = {"maximize": "more is better", "minimize": "less is better", None: "neither more nor less is better"}


@dataclass(frozen=True)
class Kind:
    """Components of one kind.

    Attributes:
        chosen_by: The parameter that names one.
        registry: Of all.
        facts: What is said of one beside its description.
    """

    chosen_by: str
    registry: Registry[Any]
    facts: Callable[[Any], str] = lambda _: ""

    @property
    def name(self) -> str:
        """In a user's words."""
        return self.registry.kind


@dataclass(frozen=True)
class Parameter:
    """One parameter of a component; every part is text for people.

    Attributes:
        name: As it is written.
        default: Where nothing is said.
        bounds: Of a number; of a choice, what can be chosen.
        description: What it is.
        searched: The range that the configuration searches; empty where it does not.
    """

    name: str
    default: str
    bounds: str
    description: str
    searched: str = ""


@dataclass(frozen=True)
class Entry:
    """A component as a person reads of it.

    Attributes:
        name: In the registry.
        summary: What it is.
        source: Where it was published; empty where it has none.
        facts: Such as the direction of a metric.
        parameters: Of its own.
    """

    name: str
    summary: str
    source: str
    facts: str
    parameters: tuple[Parameter, ...]


def _of_loss(loss: Any) -> str:
    made = loss()
    return f"for {' and '.join(loss.target_kinds)} targets; outputs: {made.head.kind}; batches of {made.sampling.kind}"


def _of_task(task: Any) -> str:
    return f"a {task.target_kind} target; judged by {task.objective} where no objective does"


def _of_metric(metric: Any) -> str:
    return f"{metric.kind}; {_BETTER[metric.direction]}" + (f"; unit: {metric.unit}" if metric.unit else "")


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("labels.kind", TASKS, _of_task),
        Kind("hpo.models_to_optimize", MODEL_TYPES),
        *(
            Kind(f"training.{choice}", registry, _of_loss if choice == "loss" else lambda _: "")
            for choice, registry in CHOICES.items()
        ),
        Kind("backtest.positions", POSITIONS),
        Kind("hpo.objectives", METRICS, _of_metric),
        Kind("features.names", FEATURES, lambda feature: f"from bar {feature.warmup_bars + 1} of an asset on"),
        Kind("folds.scheme", SPLITTERS),
        Kind("hpo.sampler", SAMPLERS),
        Kind("hpo.pruner", PRUNERS),
    )
}


def entries(kind: Kind, spaces: SearchSpacesConfig | None = None) -> Iterator[Entry]:
    """Yield what there is of a kind, in the order of its registry.

    Args:
        kind: One of ``KINDS``.
        spaces: Of a configuration, for what it searches; none without one.

    Example:
        >>> [entry.name for entry in entries(KINDS["splitter"])][:1]
        ['walk_forward']
    """
    for name in kind.registry:
        component = kind.registry[name]
        space = {} if spaces is None else spaces.common
        if spaces is not None and isinstance(component, ModelType):
            space = {**space, **spaces.of(name)}
        yield Entry(name, *_described(component), kind.facts(component), tuple(parameters_of(component, space)))


def parameters_of(component: Any, space: Mapping[str, Any]) -> Iterator[Parameter]:
    """Yield the parameters of a component; of a model type those that it does not share.

    Args:
        component: Of a registry.
        space: Ranges by the names of parameters.
    """
    settings = _settings_of(component)
    shared = component.common if isinstance(component, ModelType) else ()
    own = {} if settings is None else settings.model_fields
    parts = {name: part_losses(kind) for name, kind in getattr(component, "parts", {}).items()}
    for one in in_words({name: own[name] for name in own if not any(name in one.model_fields for one in shared)}):
        bounds = _one_of(parts[one.name]) if one.name in parts else one.bounds
        yield replace(one, bounds=bounds, searched=space[one.name].in_words() if one.name in space else "")


def in_words(settings: Mapping[str, FieldInfo]) -> Iterator[Parameter]:
    """Yield what people read of the fields of a class of settings; its name is none of them."""
    for name, field in settings.items():
        if name != "name":
            branches = [branch for branch in _branches(field.annotation) if get_origin(branch) is Literal]
            bounds = [*(_one_of(get_args(branch)) for branch in branches), *map(_bound, field.metadata)]
            yield Parameter(name, _default(field), ", ".join(filter(None, bounds)), field.description or "")


def vocabulary_lines(wanted: str | None, spaces: SearchSpacesConfig | None = None) -> Iterator[str]:
    """Yield lines for a terminal: all names by kind, or everything of a kind, or of one component.

    Args:
        wanted: Name of a kind or of a component; none for all names.
        spaces: As of ``entries``.
    """
    for kind in KINDS.values():
        if wanted is None:
            yield f"  {kind.name:16}{', '.join(kind.registry)}"
            continue
        found = [entry for entry in entries(kind, spaces) if wanted in (kind.name, entry.name)]
        if found:
            yield f"{kind.name}: {kind.chosen_by}"
        for entry in found:
            yield from _lines_of(entry)


def known_words() -> list[str]:
    """Return the names of all kinds and components."""
    return [*KINDS, *(name for kind in KINDS.values() for name in kind.registry)]


def _lines_of(entry: Entry) -> Iterator[str]:
    about = (entry.summary, entry.facts and f"({entry.facts})", entry.source and f"Source: {entry.source}")
    yield f"  {entry.name}: {' '.join(part for part in about if part)}"
    for one in entry.parameters:
        searched = one.searched and f"searched: {one.searched}"
        yield f"    {one.name}: {'; '.join(filter(None, (one.default, one.bounds, searched, one.description)))}"


def _settings_of(component: Any) -> type[BaseModel] | None:
    if isinstance(component, ModelType):
        return component.config
    if isinstance(component, type):
        return component if issubclass(component, BaseModel) else None
    options = getattr(component, "options", None)
    return options if isinstance(options, type) else None


def _described(component: Any) -> tuple[str, str]:
    """Return what a component is, the first paragraph of its docstring, and the source that the docstring names."""
    if isinstance(component, Metric):  # several share a function
        return "", getattr(component, "source", "")
    if isinstance(component, type):
        return _first(component), _source(component)
    if isinstance(component, ModelType):
        place = (component.model or component.family).partition(":")[0]
        folder = import_module(place.rpartition(".")[0] if component.model else place)
        return _first(folder), _source(folder)
    values = (getattr(component, field.name) for field in fields(component))
    work = next(value for value in values if inspect.isfunction(value))
    # A public function says what it returns, and its file what that is good for; a private one is one of several.
    has_own = work.__name__.startswith("_") and work.__doc__
    return _first(work if has_own else import_module(work.__module__)), _source(work)


def _first(documented: Any) -> str:
    return _paragraphs(documented)[0]


def _source(documented: Any) -> str:
    found = (part for part in _paragraphs(documented) if part.startswith("Source: "))
    return next(found, "").removeprefix("Source: ")


def _paragraphs(documented: Any) -> list[str]:
    docstring = inspect.cleandoc(documented.__doc__ or "").replace("``", "")
    return [" ".join(paragraph.split()) for paragraph in docstring.split("\n\n")]


def _branches(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _one_of(choices: Iterable[Any]) -> str:
    return f"one of {', '.join(map(str, choices))}"


def _default(field: FieldInfo) -> str:
    return "" if field.is_required() else str(field.get_default(call_default_factory=True))


def _bound(rule: Any) -> str:
    return ", ".join(f"{words} {getattr(rule, key)}" for key, words in _BOUNDS.items() if hasattr(rule, key))
