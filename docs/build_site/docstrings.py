"""How the project's docstrings become the sections that griffe knows."""

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"^(\s*)Example:$", re.MULTILINE)
_SOURCE = re.compile(r"^Source: ", re.MULTILINE)


class HouseStyle(griffe.Extension):
    """``Example:`` is a section of examples, ``Source:`` a paragraph with a bold beginning."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite an object's docstring before it is parsed."""
        if obj.docstring is not None:
            obj.docstring.value = _SOURCE.sub("**Source:** ", _EXAMPLE.sub(r"\1Examples:", obj.docstring.value))
