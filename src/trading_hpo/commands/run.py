"""`kedro run`, with the whole configuration checked first and errors that a person can read."""

import inspect
import logging
import sys
import warnings
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run

from trading_hpo.commands.cli_errors import as_typed, echo, exit_with_message, lines_kept
from trading_hpo.commands.command_line_parameters import parse_parameters
from trading_hpo.commands.configuration_source import (
    chosen_environment,
    configuration,
    default_source,
    project_folder,
)
from trading_hpo.commands.contradictions import RunCommand, version_problems
from trading_hpo.commands.selection import check_pipelines, check_selection, full_names
from trading_hpo.engine.stop_request import interrupted_by_signals
from trading_hpo.errors import ConfigurationError, NothingFoundError
from trading_hpo.escaping import make_logs_plain
from trading_hpo.file_lock import locked_folder
from trading_hpo.urls import urls_hidden
from trading_hpo.whole_files import remove_leftovers

INTERRUPTED = 130
OURS = "trading_hpo.runner.reusing.ReusingRunner"


def run(**options: Any) -> Any:
    r"""Run the pipeline.

    All parameters are checked first; nothing runs, and nothing is written, while one is wrong.
    Searches resume where they ended, other nodes run only when their inputs changed.

    \b
    kedro run                                        all stages
    kedro run --pipeline hpo                         data engineering and the searches
    kedro run --namespaces lstm                      one model type through all stages
    kedro run --namespaces retraining.lstm           one model type up to that stage
    kedro run --params hpo.n_trials=50,hpo.sampler=random
    kedro run --params labels.kind=volatility --env standard
    """
    quieten()
    options["env"] = chosen_environment(options["env"])
    # Held beside other runs; `make clean` must have it alone.
    with interrupted_by_signals(), locked_folder(project_folder(), shared=True):
        outputs, results = _run(options)
    if not _show(outputs, as_typed(options)) and "audits" not in outputs:
        click.echo(f"Done. Results are in {results}")
    n_findings = _show_audit(outputs)
    if found := _nothing_found():
        exit_with_message(NothingFoundError("\n".join(found)), as_typed(options))
    if n_findings:
        sys.exit(1)
    return outputs


def _run(options: dict[str, Any]) -> tuple[dict[str, Any], Path]:
    """Return the outputs of the run and where its results are; a run that fails or is stopped ends the process."""
    try:
        results, selected = _check(options)
        options |= selected
        options["runner"] = options["runner"] or OURS
        pipelines = [options.pop("pipeline")] if options["pipeline"] else options["pipelines"]
        options |= {"pipeline": None, "pipelines": pipelines}
        outputs = _callback(kedro_run)(**options)
        remove_leftovers(results)
        return outputs, results
    except KeyboardInterrupt:
        _end_tracked_run()
        click.secho("Stopped. What was finished is kept; the same command goes on from here.", fg="yellow", err=True)
        sys.exit(INTERRUPTED)
    except Exception as error:
        exit_with_message(error, as_typed(options))


def command() -> click.Command:
    """Return our command, which takes every option that Kedro's own takes."""
    options = [copy(option) for option in kedro_run.params]
    for option in options:
        if option.name == "params":
            option.callback = parse_parameters
    return RunCommand("run", params=options, callback=run, help=lines_kept(run.__doc__))


def _callback(command: click.Command) -> Callable[..., Any]:
    assert command.callback is not None
    return command.callback


def _end_tracked_run() -> None:
    """End the tracked run as killed: Kedro calls hooks after errors, not after Ctrl-C."""
    from kedro.framework.project import settings

    from trading_hpo.tracking_hook import TrackingHook

    for hook in settings.HOOKS:
        if isinstance(hook, TrackingHook):  # a user's own hooks are called by Kedro alone
            hook.interrupted()


def _nothing_found() -> list[str]:
    """Return what the searches of the run say that have found nothing; all else has been done and reported."""
    from kedro.framework.project import settings

    from trading_hpo.hooks import SearchesHook

    return [message for hook in settings.HOOKS if isinstance(hook, SearchesHook) for message in hook.nothing_found]


def quieten() -> None:
    """Libraries' notices are for developers; what a user must know is raised as an error."""
    make_logs_plain()
    warnings.simplefilter("ignore")
    for name in ("kedro", "kedro_mlflow", "kedro_viz", "optuna", "alembic", "trading_hpo.runner.reusing"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # They log what they raise, with its traceback: a node that fails, a store that is full. The message that we print
    # says more.
    for name in ("kedro.pipeline.node", "mlflow"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _check(options: dict[str, Any]) -> tuple[Path, dict[str, list[str]]]:
    """Refuse a configuration before the first node, with all that is wrong with it.

    Returns:
        Where results go, and the options that name nodes, with Kedro's full names.
    """
    from kedro.framework.project import pipelines as registered

    if options["pipeline"] and options["pipelines"]:  # one of them may come from a file named by --config
        raise ConfigurationError(
            ["--pipeline and --pipelines mean the same. Give --pipelines alone, names joined by commas."]
        )
    check_pipelines(name for name in [options["pipeline"], *options["pipelines"]] if name)
    source = options["conf_source"] or default_source()
    loader = configuration(source, options["env"], options["params"])
    _check_runner(options)
    selected = full_names(options, registered)
    check_selection({**options, **selected}, registered)
    raw_parameters, shared, storage = _read(loader, source)
    if unversioned := list(version_problems(options["load_versions"] or {}, loader["catalog"])):
        raise ConfigurationError(unversioned)
    credentials = _credentials(loader, source).get("study_storage")
    _check_parameters(raw_parameters, (options["params"] or {}).get("source", shared["source"]), shared["scenario"])
    _check_storage(storage["filepath"], credentials)
    return project_folder() / Path(storage["filepath"]).parents[1], selected


def _read(loader: Any, source: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the parameters, the globals, and the catalog's entry of the studies."""
    try:
        return loader["parameters"], loader["globals"], loader["catalog"]["study_storage"]
    except Exception as error:  # YAML, OmegaConf and Kedro each have their own for a file that cannot be read
        said = f"{urls_hidden(str(error).strip())} Correct the file in {urls_hidden(source)}."
        raise ConfigurationError([said]) from error


def _check_parameters(raw_parameters: dict[str, Any], source: str, scenario: str) -> None:
    """Refuse parameters that are wrong by themselves, beside the globals, or on this machine."""
    from trading_hpo.notifications import Notifier
    from trading_hpo.parameters import check_parameters
    from trading_hpo.tracking.environment import server_problem

    parameters = check_parameters(raw_parameters)
    if parameters.source != source:
        raise ConfigurationError(
            [f"source must be set in globals.yml or by --params, got {parameters.source!r} in a parameters file."]
        )
    if parameters.scenario != scenario:
        raise ConfigurationError(
            [f"scenario must be set in an environment's globals.yml, got {parameters.scenario!r} as a parameter."]
        )
    if parameters.training.device != "cpu":
        from trading_hpo.training.machine import check_device

        check_device(parameters.training.device)
    wrong_server = server_problem()
    if wrong_server is not None:
        raise ConfigurationError([wrong_server])
    Notifier.of(parameters.hpo.notifications).close()


def _check_storage(filepath: str, credentials: Any) -> None:
    """Ask the catalog's own place, so that an unreachable server is found before the data are built."""
    from trading_hpo.datasets import StudyStorageDataset

    path = (project_folder() / filepath).absolute()
    StudyStorageDataset(filepath=str(path), credentials=credentials).load().check()


def _credentials(loader: Any, source: str) -> dict[str, Any]:
    """Read the credentials; what OmegaConf says of a value that it cannot read quotes the value."""
    try:
        credentials: dict[str, Any] = loader["credentials"]
    except Exception as error:  # as with the other files
        raise ConfigurationError(
            [
                f"the credentials in {urls_hidden(source)} must be readable YAML, got {type(error).__name__}; what it "
                "says is not shown, for it may quote a password. Correct the file: ${ in a value is written as \\${."
            ]
        ) from None
    return credentials


def _check_runner(options: dict[str, Any]) -> None:
    """Refuse a runner that cannot run the project, and what the runner would not take.

    Raises:
        ConfigurationError: With what to do instead.
    """
    from kedro.runner import AbstractRunner
    from kedro.utils import load_obj

    from trading_hpo.runner.supported import check_runner

    name, settings = options["runner"] or OURS, options["runner_params"]
    try:
        runner = load_obj(name, "kedro.runner")
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            [f"the runner must be the name of a class, got {name!r}: {error}. Leave --runner out."]
        ) from error
    if not (isinstance(runner, type) and issubclass(runner, AbstractRunner)):
        raise ConfigurationError([f"the runner must be one of Kedro's kind, got {name!r}. Leave --runner out."])
    check_runner([base.__name__ for base in runner.__mro__], options["is_async"] or bool(settings.get("is_async")))
    if unknown := set(settings) - set(inspect.signature(runner).parameters):
        raise ConfigurationError(
            [f"--runner-params must be what {runner.__name__} takes, got {sorted(unknown)}. Leave them out."]
        )


def _show(outputs: dict[str, Any], typed: Callable[[str], str]) -> bool:
    """Print the table of a run and where its page is; say whether there was any of it."""
    from rich.console import Console

    from trading_hpo.datasets.files import file_of
    from trading_hpo.datasets.results import read_json
    from trading_hpo.reporting.table import render

    pages = [path for name in ("search_page", "report_page") if name in outputs and (path := file_of(outputs[name]))]
    # The page's node takes the report, so that Kedro does not list it as a result of the run.
    reports = [path.with_name("report.json") for path in pages if "report_page" in outputs]
    report = outputs["report"].load() if "report" in outputs else read_json(reports[-1]) if reports else None
    if report is not None:
        Console(highlight=False).print(render(report, typed))
    if pages:
        path = pages[-1]
        shown = path.relative_to(project_folder()) if path.is_relative_to(project_folder()) else path
        click.echo(f"\nReport: {shown}")
    return report is not None or bool(pages)


def _show_audit(outputs: dict[str, Any]) -> int:
    """Print the audit of a run and return how many findings it has; 0 of a run that has audited nothing."""
    if "audits" not in outputs:
        return 0
    from trading_hpo.reporting.audit_lines import audit_lines

    record = list(outputs["audits"].load().values())[-1]
    for line in audit_lines(record):
        echo(line)
    return int(record["n_findings"])
