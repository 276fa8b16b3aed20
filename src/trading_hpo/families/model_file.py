"""The file of a saved model: tensors and a description, with a digest of both that is checked when they are read."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from trading_hpo.errors import DamagedFileError
from trading_hpo.whole_files import written_whole

# Every family keeps a model in a folder whose file of this name is there whole or not at all.
MODEL_FILE = "network.safetensors"
READABLE = "network.json"
_AGAIN = "Run `kedro run --pipeline retraining`: it is made anew."
_OPEN = "0" * 64  # stands in the place of the digest while it is computed
# The description is the only entry of the file's metadata, since safetensors keeps several in no fixed order, and the
# same model is to have the same bytes. So the digest stands in it, first, with quotes that its JSON has escaped.
_DIGEST = re.compile(rb'\\"digest\\": \\"([0-9a-f]{64})\\"')


def write_model(folder: Path, tensors: Mapping[str, np.ndarray], description: Mapping[str, Any]) -> None:
    """Write ``MODEL_FILE``, complete or not at all.

    Args:
        folder: Made where it is missing.
        tensors: By name.
        description: As plain data; its ``card`` names the ``model_type``.
    """
    text = json.dumps({"digest": _OPEN, **description}, indent=2)
    content = save(dict(tensors), metadata={"description": text})
    with written_whole(folder / MODEL_FILE) as draft:
        draft.write_bytes(content.replace(_OPEN.encode(), _digest(content, content.index(_OPEN.encode())), 1))


def write_readable(folder: Path, tensors: Mapping[str, np.ndarray], description: Mapping[str, Any]) -> None:
    """Write a model, and beside it a copy of its description for people to read.

    Args:
        folder: As of ``write_model``.
        tensors: Likewise.
        description: Likewise.
    """
    # Killed in between, there is no readable copy rather than the older model's.
    (folder / READABLE).unlink(missing_ok=True)
    write_model(folder, tensors, description)
    with written_whole(folder / READABLE) as draft:
        draft.write_text(json.dumps(description, indent=2))


def read_model(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the description and the tensors of a saved model.

    Raises:
        DamagedFileError: The file is not as it was written, to the last bit.
    """
    content = _checked(folder / MODEL_FILE)
    return _description(content), load(content)


def read_description(folder: Path) -> dict[str, Any]:
    """Return what a saved model says of itself.

    Raises:
        DamagedFileError: The file is not as it was written, to the last bit.
    """
    return _description(_checked(folder / MODEL_FILE))


def _checked(path: Path) -> bytes:
    content = path.read_bytes()
    found = _DIGEST.search(content)
    if found is None:
        raise DamagedFileError(
            f"{path} must hold a digest of its content, got none: it is damaged, or an earlier version wrote it. "
            f"{_AGAIN}"
        )
    if (digest := _digest(content, found.start(1))) != found.group(1):
        raise DamagedFileError(
            f"{path} must be as it was saved, digest {found.group(1)[:16].decode()}, got {digest[:16].decode()}: it is "
            f"damaged. {_AGAIN}"
        )
    return content


def _digest(content: bytes, place: int) -> bytes:
    """Return the digest of all bytes but its own, which begin at ``place``."""
    digest = hashlib.sha256(memoryview(content)[:place])
    digest.update(memoryview(content)[place + len(_OPEN) :])
    return digest.hexdigest().encode()


def _description(content: bytes) -> dict[str, Any]:
    """Return the description of a file that was checked."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    description: dict[str, Any] = json.loads(header["__metadata__"]["description"])
    return description
