"""Components by name: ours, each one line in the registry of its kind, and those that plug-ins add.

A plug-in is a module that adds its components to these registries when it is imported. The entry-point group
``trading_hpo`` names it, or the environment variable ``TRADING_HPO_PLUGINS`` (several: separated by commas); it is
imported by whichever process first looks into a registry: the command line, the search and its workers alike.
"""

import hashlib
import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from trading_hpo.errors import ConfigurationError, did_you_mean

PLUGINS = "TRADING_HPO_PLUGINS"
GROUP = "trading_hpo"
_NAME = re.compile("[A-Za-z0-9_-]{1,100}")  # stands in names of files, nodes and studies

T = TypeVar("T")


class Registry(Generic[T]):
    """Components of one kind, in the order in which they were entered.

    Args:
        kind: What they are, in a user's words: ``loss``, ``model type``.
        entries: Components by name, or ``module:attribute`` of one that is imported when it is asked for.
        reserved: Names that no component may have.

    Example:
        >>> shapes = Registry("shape", {"round": "math:pi", "square": 4.0})
        >>> shapes["round"], list(shapes)
        (3.141592653589793, ['round', 'square'])
    """

    def __init__(self, kind: str, entries: Mapping[str, T | str], reserved: Collection[str] = ()) -> None:
        self.kind, self._reserved = kind, frozenset(reserved)
        self._entries: dict[str, T | str] = dict(entries)

    def add(self, name: str, component: T) -> None:
        """Enter a component of a plug-in.

        Raises:
            ConfigurationError: The name is taken by another component, reserved, or cannot stand in the name of a file.
        """
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                [f"name of a {self.kind} must be letters, digits, _ or -, got {name!r}. Rename it."]
            )
        if name in self._reserved:
            raise ConfigurationError(
                [f"name of a {self.kind} must be none of {', '.join(sorted(self._reserved))}, got {name!r}. Rename it."]
            )
        if self._entries.get(name, component) is not component:
            raise ConfigurationError(
                [f"{self.kind} {name!r} is registered already. Give the plug-in's component another name."]
            )
        self._entries[name] = component

    def __getitem__(self, name: str) -> T:
        """Return a component.

        Raises:
            ConfigurationError: There is none of this name.
        """
        load_plugins()
        if name not in self._entries:
            raise ConfigurationError([self.unknown(name)])
        entry = self._entries[name]
        if isinstance(entry, str):
            entry = self._entries[name] = cast(T, imported(entry))
        return entry

    def __contains__(self, name: object) -> bool:
        load_plugins()
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        load_plugins()
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        load_plugins()
        return len(self._entries)

    def unknown(self, name: str) -> str:
        """Say that there is no such component, with the closest or all known names."""
        return f"unknown {self.kind} {name!r}. {did_you_mean(str(name), self)}"


def imported(place: str) -> Any:
    """Import and return what ``module:attribute`` names.

    Example:
        >>> imported("math:pi")
        3.141592653589793
    """
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


_loaded: dict[str, str] | None = None


def load_plugins() -> Mapping[str, str]:
    """Import the plug-ins, once per process; return the digest of each one's files, by module name.

    Raises:
        ConfigurationError: One cannot be imported.
    """
    global _loaded  # noqa: PLW0603 - one process, one set of plug-ins
    if _loaded is None:
        _loaded = {}  # first: what a plug-in looks up while it is imported must not load it again
        try:
            _loaded.update({name: _digest(name) for name in _plugin_names()})
        except BaseException:
            _loaded = None
            raise
    return _loaded


def _plugin_names() -> list[str]:
    named = [name.strip() for name in os.environ.get(PLUGINS, "").split(",") if name.strip()]
    return sorted({*named, *(entry.module for entry in entry_points(group=GROUP))})


def _digest(name: str) -> str:
    """Import a plug-in and return a digest of its file, or of all Python files of its package."""
    try:
        module = import_module(name)
    except Exception as error:  # whatever it raises is its author's
        raise ConfigurationError(
            [f"plug-in {name!r} cannot be imported: {type(error).__name__}: {error}. Correct it, or {PLUGINS}."]
        ) from error
    place = sys.modules[module.__name__].__file__
    if place is None:
        raise ConfigurationError(
            [f"plug-in {name!r} must be a module or a package, got a folder without __init__.py. Add it."]
        )
    file = Path(place)
    files = sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
    digest = hashlib.sha256()
    for one in files:
        digest.update(one.name.encode())
        digest.update(one.read_bytes())
    return digest.hexdigest()[:16]
