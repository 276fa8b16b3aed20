from tests.training.conftest import make_fold_rows, make_panel  # noqa: F401 - fixtures
