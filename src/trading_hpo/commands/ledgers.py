"""Where the trials of a study are counted, for commands that are given a study and no environment."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kedro.framework.project import settings

from trading_hpo.commands.run import CONF

if TYPE_CHECKING:
    import optuna
    from kedro.config import AbstractConfigLoader


def ledger_of(project: Path, study: "optuna.Study") -> Path:
    """Return the trial ledger that knows a study; of a study that none knows, that of the default environment."""
    from trading_hpo.study.trial_ledger import knows

    ledgers = trial_ledgers(project)
    return next((ledger for ledger in ledgers if knows(ledger, study)), ledgers[0])


def trial_ledgers(project: Path) -> list[Path]:
    """Return the ledger of the default environment, then those of the others that have their own."""
    return list(dict.fromkeys(project / loader["globals"]["trial_ledger"] for loader in loaders(project)))


def loaders(project: Path) -> "Iterator[AbstractConfigLoader]":
    """Yield the configuration of the default environment, then those of the others."""
    environments = sorted(path.name for path in (project / CONF).iterdir() if path.is_dir())
    for name in (None, *environments):
        yield settings.CONFIG_LOADER_CLASS(conf_source=str(project / CONF), env=name, **settings.CONFIG_LOADER_ARGS)
