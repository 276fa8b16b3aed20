"""`kedro study clean`: remove what old trials have left."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trading_hpo.commands.cli_errors import lines_kept
from trading_hpo.commands.study import NAME, clean_errors, data_folder, find_study

if TYPE_CHECKING:
    from trading_hpo.study.cleaning import Leftovers


@click.command()
@NAME
@click.option("--keep", required=True, type=click.IntRange(1), help="How many of the best trials keep all.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@clean_errors
def clean(name: str, keep: int, dry_run: bool, yes: bool) -> None:
    r"""Remove return series, TensorBoard folders and tracked runs of all trials but the best.

    Kept are also those of the Pareto front, those set aside, and those that networks were trained from. The trials
    themselves stay in the study, with all their metrics.

    \b
    kedro study clean base-sp500_20-direction1.lstm --keep 20 --dry-run
    kedro study clean base-sp500_20-direction1.lstm --keep 20 --yes
    """
    from trading_hpo.study.cleaning import leftovers, remove
    from trading_hpo.study.integrity import checked
    from trading_hpo.study.trial_ledger import study_id_of
    from trading_hpo.tracking.cleaning import delete_runs

    ref = find_study(name)
    with ref.storage.exclusive(ref.study_name), ref.storage.errors_in_words():
        study = checked(ref.open())
        found = leftovers(study, keep, data_folder())
        runs = _runs(study_id_of(study), found)
        for line in _lines(found, sum(map(len, runs.values()))):
            click.echo(line)
        if dry_run:
            click.echo("Nothing was removed.")
            return
        if not yes:
            click.confirm("Remove them for good?", abort=True)
        remove(study, found)
        for store, ids in runs.items():
            delete_runs(store, ids)
    click.echo(f"removed; {len(found.kept)} trials keep all")


def _runs(study_id: str, found: "Leftovers") -> Mapping[str, list[str]]:
    """Return the runs that go, by the store that they are in."""
    from trading_hpo.tracking.cleaning import runs_of

    return {store: runs_of(store, study_id, found.numbers) for store in _stores()}


def _stores() -> Iterator[str]:
    """Yield the project's own stores of runs that are there."""
    from trading_hpo.commands.configuration_source import default_source, project_folder
    from trading_hpo.commands.ledgers import loaders
    from trading_hpo.tracking.environment import Places, prepare

    prepare()
    stores: dict[str, Path] = {}
    loader: Any
    for loader in loaders(default_source()):
        places = Places.of(project_folder(), loader["mlflow"]["server"]["mlflow_tracking_uri"])
        stores[places.store] = places.file
    yield from (store for store, file in stores.items() if file.exists())


def _lines(found: "Leftovers", runs: int) -> Iterator[str]:
    yield f"left by {len(found.numbers)} trials; {len(found.kept)} others keep all:"
    yield f"  returns      {found.series} series, {found.series_bytes:,} bytes, which the database will use again"
    yield f"  TensorBoard  {len(found.folders)} folders, {found.folder_bytes:,} bytes"
    yield f"  MLflow       {runs} runs, which `mlflow gc` removes for good; copies on a server stay"


clean.help = lines_kept(clean.help)
