"""Estimators of scikit-learn as bytes that run no code when they are read: skops, and types that we name."""

import json
import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from trading_hpo.errors import DamagedFileError

# Beside scikit-learn's own estimators and plain values. Why not what the file itself says it needs? Whoever has changed
# the file has written that too. Trees are read unchecked, so ``Estimator.problem_of`` looks at their nodes.
TRUSTED = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",)
_SCHEMA = "schema.json"
_DAY = (1980, 1, 1, 0, 0, 0)  # the first that an archive knows


def to_bytes(estimators: Sequence[Any]) -> bytes:
    """Return estimators as a skops archive; the same ones have the same bytes.

    skops names entries by the places of objects in memory, and dates them.
    """
    from skops.io import dumps  # 2 s: it imports all of scikit-learn, and with that torch

    with ZipFile(BytesIO(dumps(list(estimators)))) as archive:
        schema = archive.read(_SCHEMA).decode()
        arrays = {name: archive.read(name) for name in archive.namelist() if name != _SCHEMA}
    names = {name: f"{number}.npy" for number, name in enumerate(arrays)}
    schema = re.sub(r'"(\d+\.npy)"', lambda found: json.dumps(names[found.group(1)]), schema)
    schema = json.dumps(_without_places(json.loads(schema)))
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        for name, own in ({names[name]: own for name, own in arrays.items()} | {_SCHEMA: schema.encode()}).items():
            archive.writestr(ZipInfo(name, _DAY), own)
    return content.getvalue()


def _without_places(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _without_places(value) for key, value in state.items() if key != "__id__"}
    return [_without_places(value) for value in state] if isinstance(state, list) else state


def from_bytes(content: bytes, place: str) -> list[Any]:
    """Return the estimators of an archive.

    Args:
        content: Of ``to_bytes``.
        place: Where it was read, for messages.

    Raises:
        DamagedFileError: It holds a type that is not trusted, or is no such archive.
    """
    from skops.io import loads
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        estimators = loads(content, trusted=list(TRUSTED))
    except UntrustedTypesFoundException as error:
        raise not_ours(place, f"types that are trusted, got others: {str(error).partition(chr(10))[0]}") from error
    except (BadZipFile, KeyError, TypeError, ValueError) as error:
        raise not_ours(place, f"an archive of skops, got another: {error}") from error
    if not isinstance(estimators, list):
        raise not_ours(place, f"a list of estimators, got {type(estimators).__name__}")
    return estimators


def not_ours(place: str, rule: str) -> DamagedFileError:
    """Return the error of a file that was changed after it was saved."""
    return DamagedFileError(f"{place} must hold {rule}. Run `kedro run --pipeline retraining`: it is made anew.")
