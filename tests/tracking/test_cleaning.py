"""Runs of trials are found by their study, whatever its id is."""

from trading_hpo.escaping import file_name
from trading_hpo.tracking.cleaning import runs_of
from trading_hpo.tracking.trials import STUDY, TRIAL


def test_runs_of_a_study_whose_id_has_a_quote_are_found(client, experiment, store):
    ids = {}
    for study in ("a'b", "ab"):
        for trial in range(2):
            tags = {STUDY: file_name(study), TRIAL: str(trial)}
            ids[study, trial] = client.create_run(experiment, tags=tags).info.run_id
    assert runs_of(f"sqlite:///{store}", "a'b", {1}) == [ids["a'b", 1]]
