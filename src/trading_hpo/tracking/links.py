"""Links into MLflow's pages, which begin with pages for language models: `python -m trading_hpo.tracking.links`."""

import argparse
from pathlib import Path

from mlflow import MlflowClient

from trading_hpo.escaping import one_line

# Without it the pages show what they have for language models, and lead from an experiment to no run.
_RUNS = "workflowType=machine_learning"


def runs_link(address: str, experiment_id: str) -> str:
    """Return the page with the runs of an experiment.

    Example:
        >>> runs_link("http://127.0.0.1:5000", "1")
        'http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning'
    """
    return f"{address.rstrip('/')}/#/experiments/{experiment_id}/runs?{_RUNS}"


def links(store: str, address: str) -> dict[str, str]:
    """Return a link per experiment in which something has run, by name, the one that ran last first.

    Args:
        store: URI of the project's own store.
        address: Where the pages are.
    """
    client = MlflowClient(store)
    begun: dict[str, tuple[int, str]] = {}
    for experiment in client.search_experiments():
        last = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"], max_results=1)
        for run in last:
            begun[experiment.name] = (run.info.start_time, runs_link(address, experiment.experiment_id))
    return {name: begun[name][1] for name in sorted(begun, key=begun.__getitem__, reverse=True)}


def lines(store: str, address: str) -> list[str]:
    """Return what to print beside the pages."""
    found = links(store, address)
    if not found:
        return [f"No run has been tracked yet; {address} shows what there is."]
    return ["The runs of each experiment, the latest first:", *(f"  {one_line(n)}\n    {u}" for n, u in found.items())]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m trading_hpo.tracking.links", description=__doc__)
    parser.add_argument("store", type=Path, help="file of the store")
    parser.add_argument("--port", type=int, default=5000)
    given = parser.parse_args()
    print(*lines(f"sqlite:///{given.store.absolute()}", f"http://127.0.0.1:{given.port}"), sep="\n", flush=True)
