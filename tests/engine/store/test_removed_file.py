"""SQLite goes on with a file that has lost its name: what is written then would be lost."""

import sqlite3
import threading

import pytest
from benchmarks.short_trials import ShortTrials, short_search
from tests.makers.processes import wait_until

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StorageError


@pytest.mark.parametrize("how", ["remove", pytest.param("replace", marks=pytest.mark.long(part="faults"))])
def test_a_file_that_is_removed_or_replaced_while_its_study_is_searched_ends_the_search(tmp_path, how):
    path = tmp_path / "studies.db"

    def so_far() -> bool:
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
                return int(connection.execute("select count(*) from trials").fetchone()[0]) > 3
        except sqlite3.OperationalError:  # not made yet
            return False

    def take_away() -> None:
        wait_until(so_far)
        path.unlink()
        if how == "replace":
            path.touch()

    thread = threading.Thread(target=take_away)
    thread.start()
    search = short_search("study", ShortTrials(reports=1, seconds=0.05), n_trials=100_000)
    with pytest.raises(StorageError, match=r"studies\.db must stay while .* was removed or replaced\."):
        search.run(StudyStorage(f"sqlite:///{path}"))
    thread.join()
