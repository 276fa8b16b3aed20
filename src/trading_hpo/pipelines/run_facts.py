"""What the report says of a run beside its results, as plain data."""

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any

import trading_hpo
from trading_hpo.configuration import flatten
from trading_hpo.market.sources.config import FILE_SOURCES
from trading_hpo.parameters import Parameters
from trading_hpo.reporting.next_steps import other_runs, pages
from trading_hpo.reporting.page.facts import RunFacts
from trading_hpo.urls import urls_hidden

_PLAIN = re.compile(r"[\w%./-]+")
_LIBRARIES = ("kedro", "mlflow", "optuna", "torch", "numpy", "pandas", "scikit-learn", "plotly")


def run_facts(raw: Mapping[str, Any], storage: str | None) -> RunFacts:
    """Return what is known of a run: settings of ours without the secrets of URLs, versions, what to do next.

    Args:
        raw: All parameters, a user's own among them, which are left out.
        storage: Of its studies, without a password; none without any.
    """
    ours = Parameters.of(raw)
    plain = flatten(ours.model_dump(mode="json", exclude_none=True))
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in plain.items()}
    task = ours.labels.task
    asked = {"source": ours.source, "labels.kind": ours.labels.kind}
    if ours.hpo.study_name is not None:
        asked["hpo.study_name"] = ours.hpo.study_name
    if task.horizon_bars > 1:
        asked["labels.horizon_bars"] = str(task.horizon_bars)
    if ours.source in FILE_SOURCES:
        file_source = getattr(ours.sources, ours.source).model_dump(mode="json", exclude_defaults=True)
        asked |= {name: _as_parameter(value) for name, value in flatten(file_source, f"sources.{ours.source}.").items()}
    return RunFacts(
        ours.study_base_name,
        ours.scenario,
        ours.source,
        {name: urls_hidden(text) for name, text in texts.items()},
        asked,
        _versions(),
        ours.backtest.cost_bps,
        other_runs(ours),
        pages(Path.cwd(), storage),
    )


def _as_parameter(value: Any) -> str:
    """Return a value as ``--params`` takes it: text in quotes where a comma, a bracket or a space is in it."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else json.dumps(value)


def _versions() -> dict[str, str]:
    own = f"{metadata.version('trading-hpo')}, code {_code_digest()}"
    libraries = {name: metadata.version(name) for name in _LIBRARIES}
    return {"trading-hpo": own, "Python": platform.python_version(), **libraries}


def _code_digest() -> str:
    """Return a digest of all modules of this package."""
    root = Path(str(files(trading_hpo)))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
