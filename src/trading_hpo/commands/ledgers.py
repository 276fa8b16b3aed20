"""Where the trials of a study are counted, for commands that are given a study and no environment."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trading_hpo.commands.configuration_source import (
    chosen_environment,
    configuration,
    default_source,
    environments,
    project_folder,
)

if TYPE_CHECKING:
    import optuna
    from kedro.config import AbstractConfigLoader


def ledger_of(study: "optuna.Study", source: str | None = None) -> Path:
    """Return the trial ledger that knows a study; of a study that none knows, that of the default environment.

    Args:
        study: Opened.
        source: Of the configuration, as of ``--conf-source``; the project's own without one.
    """
    from trading_hpo.study.trial_ledger import knows

    ledgers = trial_ledgers(source or default_source())
    return next((ledger for ledger in ledgers if knows(ledger, study)), ledgers[0])


def trial_ledgers(source: str) -> list[Path]:
    """Return the ledger of the default environment, then those of the others that have their own."""
    return list(dict.fromkeys(project_folder() / loader["globals"]["trial_ledger"] for loader in loaders(source)))


def loaders(source: str) -> "Iterator[AbstractConfigLoader]":
    """Yield the configuration of the default environment, then those of the others."""
    first = configuration(source, chosen_environment(None))
    yield first
    yield from (configuration(source, name) for name in environments(first))
