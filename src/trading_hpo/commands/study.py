"""`kedro study`: look into the studies, take configurations out, move and delete them, check them.

Optuna and torch are imported by what needs them, so that `--help` answers at once.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trading_hpo.commands.cli_errors import as_typed, echo, exit_with_message, lines_kept
from trading_hpo.commands.configuration_source import project_folder

if TYPE_CHECKING:
    from rich.console import Console

    from trading_hpo.study.reference import StudyRef

NAME = click.argument("name")
CONF_SOURCE = click.option("--conf-source", help="Folder or archive of the configuration, if not the project's own.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def study() -> None:
    r"""Look into the studies, take configurations out, move, delete and check them.

    \b
    kedro study list
    kedro study best base-sp500_20-direction1.lstm
    """


def clean_errors(function: Callable[..., None]) -> Callable[..., None]:
    """Let a command end with a message, not a traceback, where the user can put it right."""

    @wraps(function)
    def guarded(*arguments: Any, **options: Any) -> None:
        from trading_hpo.commands.run import quieten

        quieten()
        logging.getLogger("optuna").setLevel(logging.ERROR)
        try:
            function(*arguments, **options)
        except click.exceptions.ClickException:
            raise
        except (click.exceptions.Abort, click.exceptions.Exit):
            raise
        except BrokenPipeError:  # `kedro study trials ... | head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except Exception as error:
            exit_with_message(error, as_typed({}))

    return guarded


def data_folder() -> Path:
    """Return where the project's data are."""
    return project_folder() / "data"


def find_study(name: str) -> "StudyRef":
    """Return a study of the project by its name, or by the name as lists show it."""
    from trading_hpo.study.catalogue import find

    return find(data_folder(), name)


def _console() -> "Console":
    from rich.console import Console

    # Elsewhere than on a terminal names must not be broken: they are copied and searched for.
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def echo_fitted(lines: Iterable[str], column: int) -> None:
    """Print lines of labels and texts, folded where a terminal is narrower; texts go on in a column."""
    from trading_hpo.reporting.fitted_lines import fitted

    for line in fitted(lines, _console().width if sys.stdout.isatty() else None, column):
        echo(line)


@study.command("list")
@clean_errors
def list_studies() -> None:
    r"""List every study: its trials by state, its best value.

    \b
    kedro study list
    """
    from trading_hpo.errors import DamagedStudyError
    from trading_hpo.reporting.studies import studies_table
    from trading_hpo.study.catalogue import all_studies

    refs = all_studies(data_folder())
    if not refs:
        echo(as_typed({})("There is no study yet. Run `kedro run --pipeline hpo` first."))
        return
    readable = []
    for ref in refs:
        try:
            readable.append((ref.open(), ref.storage.masked))
        except DamagedStudyError as error:  # the others are listed all the same
            echo(str(error), fg="red", err=True)
    _console().print(studies_table(readable))


@study.command()
@NAME
@clean_errors
def show(name: str) -> None:
    r"""Show what a study is about, what it has spent and found.

    \b
    kedro study show base-sp500_20-direction1.lstm
    """
    from trading_hpo.reporting.studies import LABELS, study_lines
    from trading_hpo.study.integrity import checked

    ref = find_study(name)
    echo_fitted(study_lines(checked(ref.open()), ref.storage.masked), LABELS)


@study.command()
@NAME
@click.option("--top", default=20, show_default=True, type=click.IntRange(1), help="How many, the best first.")
@clean_errors
def trials(name: str, top: int) -> None:
    r"""List trials with their parameters, the best first.

    \b
    kedro study trials base-sp500_20-direction1.lstm --top 5
    """
    from trading_hpo.reporting.trials_table import trials_view
    from trading_hpo.study.integrity import checked

    console = _console()
    console.print(trials_view(checked(find_study(name).open()), top, console.width))


@study.command()
@NAME
@clean_errors
def failed(name: str) -> None:
    r"""List the trials that failed, each with its reason.

    \b
    kedro study failed base-sp500_20-direction1.lstm
    """
    from trading_hpo.reporting.studies import failures

    echo_fitted(failures(find_study(name).open()) or ["No trial has failed."], 0)


@study.command()
@NAME
@clean_errors
def best(name: str) -> None:
    r"""Show the best configuration, with every metric over the folds.

    \b
    kedro study best base-sp500_20-direction1.lstm
    """
    from trading_hpo.engine.store.optuna_tables import place_of
    from trading_hpo.reporting.studies import NAMES, best_lines
    from trading_hpo.study.integrity import checked
    from trading_hpo.study.validation import kept_constant_metrics

    found = checked(find_study(name).open())
    echo_fitted(best_lines(found, kept_constant_metrics(*place_of(found))), NAMES)


@study.command()
@NAME
@click.option("--to", required=True, type=click.Path(dir_okay=False, path_type=Path), help=".yml .json .csv .parquet")
@click.option("--top", default=5, show_default=True, type=click.IntRange(1), help="Configurations in a .yml or .json.")
@click.option("--returns", is_flag=True, help="The trials' net returns on validation, bar by bar, in a .parquet.")
@clean_errors
def export(name: str, to: Path, top: int, returns: bool) -> None:
    r"""Write the best configurations (.yml, .json) or all trials (.csv, .parquet) to a file.

    \b
    kedro study export base-sp500_20-direction1.lstm --to best.yml
    kedro study export base-sp500_20-direction1.lstm --to trials.csv
    kedro study export base-sp500_20-direction1.lstm --returns --to returns.parquet
    """
    from trading_hpo.study.export import export_returns, export_study
    from trading_hpo.study.integrity import checked

    ref = find_study(name)
    study = checked(ref.open())
    if returns:
        export_returns(study, to)
    else:
        export_study(study, ref.model_type, ref.storage.masked, to, top)
    echo(f"{to} written")


@study.command()
@NAME
@CONF_SOURCE
@clean_errors
def archive(name: str, conf_source: str | None) -> None:
    r"""Move a study into a database of its own under data/archive.

    \b
    kedro study archive base-sp500_20-direction1.lstm
    """
    from trading_hpo.commands.ledgers import ledger_of
    from trading_hpo.study.catalogue import archive as move_away

    ref = find_study(name)
    echo(f"moved to {move_away(ref, data_folder() / 'archive', ledger_of(ref.open(), conf_source)).masked}")


@study.command()
@NAME
@click.option("--yes", is_flag=True, help="Do not ask.")
@CONF_SOURCE
@clean_errors
def delete(name: str, yes: bool, conf_source: str | None) -> None:
    r"""Delete a study with all its trials; the trial ledger keeps their count.

    \b
    kedro study delete base-sp500_20-direction1.lstm --yes
    """
    from trading_hpo.commands.ledgers import ledger_of
    from trading_hpo.errors import DamagedStudyError
    from trading_hpo.escaping import one_line
    from trading_hpo.study.catalogue import count_trials, forget_panel, panel_digest_of
    from trading_hpo.study.catalogue import delete as remove

    ref, ledger, digest = find_study(name), None, None
    try:
        study = ref.open()
        ledger, digest = ledger_of(study, conf_source), panel_digest_of(study)
    except DamagedStudyError as error:
        echo(f"Its trials cannot be entered into the trial ledger: {error}", fg="yellow", err=True)
    count = count_trials(ref)
    if not yes:
        shown = one_line(ref.study_name)
        click.confirm(f"Delete {shown} with its {count} trials? `kedro study archive` keeps them", abort=True)
    remove(ref, ledger)
    if digest is not None:
        forget_panel(data_folder(), digest)
    echo(f"deleted {one_line(ref.study_name)}, {count} trials")


@study.command()
@NAME
@clean_errors
def verify(name: str) -> None:
    r"""Train the best trial again and compare; ends with code 1 if a number differs.

    \b
    kedro study verify base-sp500_20-direction1.lstm
    """
    from trading_hpo.study.verify import verify as train_again

    found = train_again(find_study(name), data_folder())
    echo(f"trial {found.trial}")
    for metric, stored in found.stored.items():
        echo(f"  {metric}: stored {stored!r}, now {found.found[metric]!r}")
        for number, (before, now) in enumerate(zip(found.stored_folds, found.found_folds, strict=True)):
            if metric in before:
                echo(f"    fold {number}: stored {before[metric]!r}, now {now[metric]!r}")
    if not found.same:
        echo("The numbers differ. Another machine or torch version rounds differently.", fg="red", err=True)
        raise click.exceptions.Exit(1)
    echo("the same to the last bit")


@study.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--storage",
    "url",
    default=None,
    help="sqlite:///FILE; else the environment's, else the first.",
)
@clean_errors
def dashboard(port: int, url: str | None) -> None:
    r"""Show the studies in the Optuna dashboard, on this machine only.

    \b
    kedro study dashboard --port 8080
    """
    from trading_hpo.commands.pages import serve_dashboard
    from trading_hpo.engine.store.storage import StudyStorage
    from trading_hpo.errors import StorageError
    from trading_hpo.study.catalogue import storages
    from trading_hpo.urls import parsed_url

    parsed = parsed_url(url or "")
    if url and (parsed is None or parsed.secrets):
        raise StorageError(
            "--storage must be a URL without a password, since all users of a machine may read its commands, got one "
            "with a password, or one that cannot be read. Put it into TRADING_HPO_STORAGE instead."
        )
    known = [StudyStorage(url, "--storage")] if url else list(storages(data_folder()))
    if not known:
        raise StorageError("There is no study yet. Run `kedro run --pipeline hpo` first.")
    if find_spec("optuna_dashboard") is None:
        raise StorageError('The dashboard is not installed. Run `pip install -e ".[dashboard]"`.')
    known[0].check()
    path = known[0].sqlite_path
    if path is not None and not path.exists():
        raise StorageError(f"There are no studies at {path} yet. Run `kedro run` first, or name others.")
    echo(f"http://127.0.0.1:{port} shows {known[0].masked}; Ctrl-C ends it")
    serve_dashboard(known[0].open(records=False), port)


for _command in (study, *study.commands.values()):
    _command.help = lines_kept(_command.help)
