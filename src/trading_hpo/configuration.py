"""What every group of parameters shares: frozen, no unknown keys, all problems at once, in words."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails, core_schema

from trading_hpo.errors import did_you_mean
from trading_hpo.registry import Registry
from trading_hpo.urls import shown_url, urls_hidden

# How Pydantic's kind of error begins -> what the value must be; the words may quote the error's context.
_RULES = {
    "int_": "a whole number",
    "float_": "a number",
    "bool_": "true or false",
    "string_type": "text",
    "string_pattern_mismatch": "text that matches {pattern}",
    "date_": "a date such as 2020-12-31",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_": "a mapping",
    "finite_number": "a finite number",
    "literal_error": "{expected}",
    "union_tag_invalid": "one of {expected_tags}",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
}
_OF_A_VALIDATOR = ("value_error", "assertion_error")


class Config(BaseModel):
    """Base of the parameter groups; YAML in, immutable object out.

    A validator that finds several mistakes raises ``ValueError(*sentences)``: each is a problem of its own. A sentence
    that begins with a dot is about a key inside: ``.low must be ...``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _read_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


# Annotates a parameter that is a list: a trial stores one that was searched as JSON, since Optuna stores scalars.
FROM_TEXT = BeforeValidator(_read_text)


@dataclass(frozen=True)
class OneOf:
    """Annotates a parameter whose value is a component of a registry, by its name, with that component's own options.

    A bare name stands for a mapping with that name, null for the name ``none``. Why not a union of all components with
    ``name`` as its discriminator: that would be fixed at import, before plug-ins have added theirs.

    Args:
        registry: Of the components' config classes, each with a field ``name``.

    Example:
        >>> class Circle(Config):
        ...     name: Literal["circle"] = "circle"
        ...     radius: float = 1.0
        >>> class Drawing(Config):
        ...     shape: Annotated[Config, OneOf(Registry("shape", {"circle": Circle}))]
        >>> Drawing(shape="circle") == Drawing(shape={"name": "circle", "radius": 1.0})
        True
    """

    registry: Registry[Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate with the component's own class, and write out all of its options."""
        written = core_schema.simple_ser_schema("any")
        return core_schema.no_info_before_validator_function(self.component, handler(source), serialization=written)

    def component(self, value: Any) -> Any:
        """Return the component's config; a value that is no mapping is left to the field's own type."""
        if value is None or isinstance(value, str):
            value = {"name": "none" if value is None else value}
        if not isinstance(value, Mapping):
            return value
        if "name" not in value:
            raise ValueError(f"name is missing. {did_you_mean('', self.registry)}")
        name = value["name"]
        if not isinstance(name, str) or name not in self.registry:
            raise ValueError(self.registry.unknown(name))
        try:
            return self.registry[name].model_validate(value)
        except ValidationError as error:
            details = error.errors()
            for detail in details:
                detail["loc"] = (name, *detail["loc"])  # the branch, as of a union with a discriminator
            raise ValidationError.from_exception_data(error.title, cast(list[InitErrorDetails], details)) from error

    def remedy(self, name: str, key: str) -> str:
        """Say how to be rid of an option that was set for another component: files are merged key by key."""
        others = [other for other in self.registry if key in self.registry[other].model_fields]
        if not others:
            return ""
        return (
            f" It is an option of {' and '.join(others)}: give {{whole}}={name} to drop what is set for another "
            f"{self.registry.kind}."
        )


def problems_of(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """Return one sentence per problem of a Pydantic error, each naming the parameter, the rule and the value.

    Args:
        error: What validation raised.
        model: The model that was validated; its field names feed "did you mean".
        prefix: Put before every parameter name, for a group validated by itself.
    """
    faults = [_fault(detail, model) for detail in error.errors()]
    mistakes: dict[tuple[int | str, ...], list[_Fault]] = {}
    for fault in faults:
        if not any(_echoes(fault, other) for other in faults):
            mistakes.setdefault(fault.location, []).append(fault)
    return [
        urls_hidden(sentence)  # the words of a validator quote what was typed
        for location, alike in mistakes.items()
        for sentence in _sentences(".".join(map(str, ([prefix] if prefix else []) + list(location))), alike)
    ]


@dataclass(frozen=True)
class _Fault:
    """One error of Pydantic, at the place where the user typed it.

    Attributes:
        location: Keys and list positions, without the names that Pydantic gives to the branches of a union.
        unions: The depths in ``location`` at which a branch of a union was entered.
        siblings: Fields allowed at ``location``, or beside it for a key that is not allowed.
        remedy: For a key that is not allowed, beside the closest of ``siblings``; ``{whole}`` is what holds it.
        detail: What Pydantic says.
    """

    location: tuple[int | str, ...]
    unions: frozenset[int]
    siblings: tuple[str, ...]
    remedy: str
    detail: ErrorDetails


def _fault(detail: ErrorDetails, model: type[BaseModel]) -> _Fault:
    """Follow the error's location through the annotations: a part that is neither key nor position is a branch."""
    path = list(detail["loc"])
    unknown_key = [path.pop()] if detail["type"] == "extra_forbidden" else []
    location: list[int | str] = []
    unions = set()
    holders: list[Any] = [model]
    remedy = ""
    for part in path:
        chosen = [holder for holder in holders if isinstance(holder, OneOf) and part in holder.registry]
        if chosen:
            holders = [choice.registry[str(part)] for choice in chosen]
            remedy = "".join(choice.remedy(str(part), str(key)) for choice in chosen for key in unknown_key)
            continue
        remedy = ""
        inside = [inner for holder in holders for inner in _inside(holder, part)]
        if inside:
            location.append(part)
            holders = inside
        else:
            unions.add(len(location))
            holders = [holder for holder in holders if _is_tagged(holder, part)] or holders
    if detail["type"].startswith("union_tag"):
        unknown_key = [detail["ctx"]["discriminator"].strip("'")]
    fields = [name for holder in holders for name in getattr(holder, "model_fields", {})]
    return _Fault((*location, *unknown_key), frozenset(unions), tuple(dict.fromkeys(fields)), remedy, detail)


def _inside(holder: Any, part: int | str) -> list[Any]:
    """Annotations at a key or position of an annotation; none if it has no such place."""
    if isinstance(holder, type) and issubclass(holder, BaseModel):
        field = holder.model_fields.get(str(part))
        if field is None and holder.model_config.get("extra") == "allow":
            return _branches(get_args(get_type_hints(holder)["__pydantic_extra__"])[1])
        return _branches(field.annotation, field.metadata) if field else []
    if get_origin(holder) is dict and part != "[key]":
        return _branches(get_args(holder)[1])
    if get_origin(holder) in (tuple, list) and isinstance(part, int):
        return _branches(get_args(holder)[0])
    return []


def _branches(annotation: Any, metadata: Sequence[Any] = ()) -> list[Any]:
    """The annotations of which any may hold: the branches of a union, or the annotation alone."""
    if choices := [entry for entry in metadata if isinstance(entry, OneOf)]:
        return choices
    if get_origin(annotation) is Annotated:
        return _branches(get_args(annotation)[0], get_args(annotation)[1:])
    if get_origin(annotation) in (Union, UnionType):
        return [branch for argument in get_args(annotation) for branch in _branches(argument)]
    return [annotation]


def _is_tagged(holder: Any, tag: int | str) -> bool:
    """Whether the model has a discriminator with that value."""
    fields = getattr(holder, "model_fields", {}).values()
    return any(get_origin(field.annotation) is Literal and tag in get_args(field.annotation) for field in fields)


def _echoes(fault: _Fault, other: _Fault) -> bool:
    """Whether ``fault`` only repeats that ``other`` was found further inside."""
    depth = len(fault.location)
    if other.location[:depth] != fault.location:
        return False
    further = len(other.location) > depth
    if fault.detail["type"] == "too_short":  # Pydantic counts the valid items alone
        return further
    # One branch of a union got as far as the values; that the others refuse the whole says nothing.
    judged = further or other.detail["type"] in _OF_A_VALIDATOR
    return judged and depth in fault.unions & other.unions and fault.detail["type"] not in _OF_A_VALIDATOR


def _sentences(name: str, alike: Sequence[_Fault]) -> Iterator[str]:
    """Word the faults at one place; branches of a union that all refuse the value are one mistake."""
    rules = []
    for fault in alike:
        kind = fault.detail["type"]
        if kind == "extra_forbidden":
            closest = did_you_mean(str(fault.location[-1]), fault.siblings)
            yield f"{name} is not a parameter. {closest}{fault.remedy.format(whole=name.rpartition('.')[0])}"
        elif kind in {"missing", "union_tag_not_found"}:
            yield f"{name} is missing."
        elif kind in _OF_A_VALIDATOR:
            yield from (_joined(name, str(message), fault.siblings) for message in fault.detail["ctx"]["error"].args)
        else:
            rules.append(_rule(fault.detail))
    if rules:
        detail = alike[0].detail
        value = detail["ctx"]["tag"] if detail["type"] == "union_tag_invalid" else detail["input"]
        # A URL may have been typed into the wrong place.
        shown = repr(shown_url(value)) if isinstance(value, str) and "://" in value else repr(value)
        shown = "null" if value is None else shown
        yield f"{name} must be {' or '.join(dict.fromkeys(rules))}, got {shown}."


def _rule(detail: ErrorDetails) -> str:
    for kind, rule in _RULES.items():
        if detail["type"].startswith(kind):
            return rule.format(**detail.get("ctx", {}))
    return detail["msg"].removeprefix("Input should be ").removeprefix("Value should be ")


def _joined(name: str, message: str, fields: Sequence[str]) -> str:
    """Put a parameter's name before a validator's own words, which may begin with a part of it."""
    if message.startswith("."):
        return f"{name}{message}".removeprefix(".")
    first = message.split(" ", maxsplit=1)[0].rstrip(":")
    parent, _, own = name.rpartition(".")
    if not name or first == name or first.startswith(f"{name}."):
        return message
    if first == own:
        return f"{parent}.{message}"
    return f"{name}.{message}" if first.split(".")[0] in fields else f"{name}: {message}"


def flatten(mapping: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested mappings as one level of dotted keys.

    Example:
        >>> flatten({"a": {"b": 1}, "c": [2]})
        {'a.b': 1, 'c': [2]}
    """
    flat: dict[str, Any] = {}
    for key, value in mapping.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            flat.update(flatten(value, f"{name}."))
        else:
            flat[name] = value
    return flat
