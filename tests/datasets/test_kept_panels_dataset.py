"""The panels of studies as a dataset: what is read from it is named by its digest."""

from trading_hpo.datasets import KeptPanelsDataset


def test_a_project_that_was_moved_has_the_same_panels(tmp_path):
    """Its nodes would run again otherwise, and the holdout be looked at once more."""
    here, there = (KeptPanelsDataset(filepath=str(tmp_path / place / "panels")) for place in ("here", "there"))
    assert here.fingerprint() == there.fingerprint()
