from collections.abc import Callable

import pytest
from tests.training.conftest import _one_thread, make_fold_rows, make_panel, plugged_in  # noqa: F401 - fixtures

from trading_hpo.families.family import Rows
from trading_hpo.types import Panel


@pytest.fixture(scope="module")
def panel(make_panel: Callable[..., Panel]) -> Panel:  # noqa: F811 - the fixture
    return make_panel()


@pytest.fixture(scope="module")
def folds(panel: Panel, make_fold_rows: Callable[..., list[Rows]]) -> list[Rows]:  # noqa: F811 - the fixture
    return make_fold_rows(panel)
