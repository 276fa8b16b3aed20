"""Runs of trials whose study keeps them no longer."""

from collections.abc import Collection

from mlflow import MlflowClient
from mlflow.entities import ViewType

from trading_hpo.escaping import file_name
from trading_hpo.tracking.trials import PAGE, STUDY, TRIAL


def runs_of(store: str, study_id: str, trials: Collection[int]) -> list[str]:
    """Return the ids of the runs of some trials of a study, in whichever experiment they are.

    Args:
        store: URI of the project's own store.
        study_id: As ``study.trial_ledger.study_id_of`` returns it.
        trials: Numbers.
    """
    client = MlflowClient(store)
    experiments = [experiment.experiment_id for experiment in client.search_experiments(ViewType.ALL)]
    found, token = [], None
    while True:
        query = f"tags.`{STUDY}` = '{file_name(study_id)}'"  # as a search has tagged them
        page = client.search_runs(experiments, query, max_results=PAGE, page_token=token)
        found += [run.info.run_id for run in page if int(run.data.tags[TRIAL]) in trials]
        token = page.token
        if not token:
            return found


def delete_runs(store: str, run_ids: Collection[str]) -> None:
    """Delete runs as MLflow does: they are shown no more, and ``mlflow gc`` removes them for good."""
    client = MlflowClient(store)
    for run_id in run_ids:
        client.delete_run(run_id)
