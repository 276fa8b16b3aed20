"""Links into MLflow's pages."""

from trading_hpo.tracking.links import lines, links

ADDRESS = "http://127.0.0.1:5000"


def test_experiments_with_runs_have_a_link_to_them_the_latest_first(client, experiment, store):
    other = client.create_experiment("other")
    client.create_experiment("without runs")
    client.create_run(experiment, start_time=2)
    client.create_run(experiment, start_time=9)
    client.create_run(other, start_time=5)
    assert links(f"sqlite:///{store}", ADDRESS) == {
        "searches": f"{ADDRESS}/#/experiments/{experiment}/runs?workflowType=machine_learning",
        "other": f"{ADDRESS}/#/experiments/{other}/runs?workflowType=machine_learning",
    }


def test_a_name_from_outside_stays_one_line_and_a_store_without_runs_says_so(client, store):
    assert lines(f"sqlite:///{store}", ADDRESS) == [f"No run has been tracked yet; {ADDRESS} shows what there is."]
    client.create_run(client.create_experiment("a\x1b[31mb"))
    (_, shown) = lines(f"sqlite:///{store}", ADDRESS)
    assert shown.startswith("  a\\x1b[31mb\n    http")
