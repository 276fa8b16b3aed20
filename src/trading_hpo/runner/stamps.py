"""How each node ran last, in a file that several runs may write to at once."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from trading_hpo.datasets.results import write_json
from trading_hpo.file_lock import locked_folder


@dataclass(frozen=True)
class Stamp:
    """How a node ran last.

    Attributes:
        depended_on: Digest of its code, parameters and inputs; none of a node that runs every time, or that has begun
            to run again since.
        saved: Digests of what it has saved, by dataset. They stay while it runs again: until it has saved something
            else, another run may read them.
    """

    depended_on: str | None
    saved: Mapping[str, str]


def read_stamps(path: Path) -> dict[str, Stamp]:
    """Return the stamps by node; what is damaged is not known, so it is made again and not trusted until then."""
    try:
        entries = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    entries = entries if isinstance(entries, dict) else {}
    return {
        node: Stamp(entry.get("depended_on"), entry["saved"])
        for node, entry in entries.items()
        if isinstance(entry, dict) and isinstance(entry.get("saved"), dict)
    }


def write_stamp(path: Path, node: str, stamp: Stamp | None) -> None:
    """Change a node's stamp, or remove it; those that other runs have written meanwhile stay."""
    with locked_folder(path.parent):  # not of the file, which is replaced
        known = read_stamps(path)
        if known.get(node) == stamp:
            return
        kept = {name: asdict(one) for name, one in {**known, node: stamp}.items() if one is not None}
        if kept:
            write_json(kept, path)
        else:
            path.unlink(missing_ok=True)
