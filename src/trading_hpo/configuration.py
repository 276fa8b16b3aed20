"""What every group of parameters shares: frozen, no unknown keys, all problems at once, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from trading_hpo.errors import did_you_mean


class Config(BaseModel):
    """Base of the parameter groups; YAML in, immutable object out."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def problems_of(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """Return one sentence per problem of a Pydantic error, each naming the parameter, the rule and the value.

    Args:
        error: What validation raised.
        model: The model that was validated; its field names feed "did you mean".
        prefix: Put before every parameter name, for a group validated by itself.
    """
    return [_sentence(detail, model, prefix) for detail in error.errors()]


def _sentence(detail: ErrorDetails, model: type[BaseModel], prefix: str) -> str:
    location = [part for part in detail["loc"] if not _is_union_tag(part)]
    name = ".".join([*([prefix] if prefix else []), *(str(part) for part in location)])
    value = detail.get("input")
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = _keys_at(model, location[:-1])
        return f"{name} is not a parameter. {did_you_mean(str(location[-1]), known)}"
    if kind == "missing":
        return f"{name} is missing."
    if kind in {"value_error", "assertion_error"}:
        message = str(detail.get("ctx", {}).get("error", detail["msg"]))
        return f"{name}: {message}" if name else message
    rule = detail["msg"].removeprefix("Input should be ").removeprefix("Value should be ")
    return f"{name} must be {rule}, got {value!r}."


def _is_union_tag(part: int | str) -> bool:
    """Pydantic names the branch of a union in the location; users never typed it."""
    return isinstance(part, str) and (
        part.startswith(("function-", "tagged-", "list[", "dict[")) or part == "str"
    )


def _keys_at(model: type[BaseModel], location: Iterable[int | str]) -> list[str]:
    """Field names of the model that sits at ``location``, as far as it can be followed."""
    current: Any = model
    for part in location:
        fields = getattr(current, "model_fields", None)
        if not fields or part not in fields:
            return []
        current = _model_in(fields[part].annotation)
    return list(getattr(current, "model_fields", {}))


def _model_in(annotation: Any) -> Any:
    """First Pydantic model inside an annotation such as ``X | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None


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
