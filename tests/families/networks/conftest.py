from tests.training.conftest import _one_thread, make_fold_rows, make_panel, plugged_in  # noqa: F401 - fixtures
