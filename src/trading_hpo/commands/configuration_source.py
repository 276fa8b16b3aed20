"""Where a command finds the configuration and the project, as Kedro's sessions do: a folder or an archive."""

import os
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.config import OmegaConfigLoader
from kedro.framework.project import settings
from kedro.utils import find_kedro_project

from trading_hpo.errors import ConfigurationError, did_you_mean, first_of
from trading_hpo.urls import urls_hidden

KEDRO_ENV = "KEDRO_ENV"


def project_folder() -> Path:
    """Return the project that the current folder is in; else the current folder, where an installed package runs."""
    return Path(find_kedro_project(Path.cwd()) or Path.cwd())


def chosen_environment(option: str | None) -> str | None:
    """Return the environment of ``--env``, else of the variable ``KEDRO_ENV``; none where neither names one."""
    return option or os.environ.get(KEDRO_ENV) or None


def default_source() -> str:
    """Return the project's own configuration folder."""
    return str(project_folder() / settings.CONF_SOURCE)


def configuration(source: str, env: str | None, params: Mapping[str, Any] | None = None) -> OmegaConfigLoader:
    """Return Kedro's loader of a configuration, one that can be read.

    Args:
        source: Folder or archive, as of ``--conf-source``.
        env: Of ``chosen_environment``.
        params: As of ``--params``.

    Raises:
        ConfigurationError: There is no such folder, it is no archive, or it has no such environment.
    """
    shown = urls_hidden(source)
    if "://" not in source and not Path(source).exists():
        raise ConfigurationError([f"the configuration {shown} does not exist. Give --conf-source another."])
    try:
        loader: OmegaConfigLoader = settings.CONFIG_LOADER_CLASS(
            conf_source=source, env=env, runtime_params=params, **settings.CONFIG_LOADER_ARGS
        )
        known = environments(loader)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, IndexError) as error:
        said = _said(error, source).rstrip(".")
        raise ConfigurationError(
            [f"the configuration must be a folder or an archive of one, got {shown}: {said}. Make it again."]
        ) from error
    except Exception as error:  # YAML, OmegaConf and Kedro each have their own for a file that cannot be read
        raise ConfigurationError([f"{_said(error, source)} Correct the file in {shown}."]) from error
    _check_environments(loader, known, env, shown)
    return loader


def _said(error: Exception, source: str) -> str:
    """What a library says of a source; of one with a password its kind alone: file systems write a URL as a path."""
    return urls_hidden(str(error).strip()) if urls_hidden(source) == source else f"{type(error).__name__}."


def _check_environments(loader: OmegaConfigLoader, known: list[str], env: str | None, source: str) -> None:
    there = f"got {source} with {first_of(known) or 'none'}"
    if loader.base_env not in known:
        raise ConfigurationError(
            [
                f"the configuration must have a folder {loader.base_env!r}, {there}. Give --conf-source a folder such "
                "as conf, or an archive of it."
            ]
        )
    if env is not None and env not in known:
        raise ConfigurationError([f"unknown environment {env!r}. {did_you_mean(env, known)}"])
    if (env or loader.default_run_env) not in known:
        raise ConfigurationError(
            [
                f"the configuration must have a folder {loader.default_run_env!r}, {there}. Add it, empty, or name an "
                "environment with --env."
            ]
        )


def environments(loader: OmegaConfigLoader) -> list[str]:
    """Return the environments of a configuration, in a folder or in an archive: the names of its folders.

    Kedro has no public name for its file system and for the configuration's root in it.
    """
    entries = loader._fs.ls(loader._get_conf_env_path(""), detail=True)
    return sorted(PurePosixPath(entry["name"]).name for entry in entries if entry["type"] == "directory")
