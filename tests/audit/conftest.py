"""Leaky components in the registries, for one test."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from tests.audit.plugin.leaky_features import LEAKY
from tests.makers.audits import business_days

from trading_hpo.market.features.registry import FEATURES

collect_ignore = ["plugin"]  # its plug-in would enter its features in this process


@pytest.fixture(scope="session")
def raw() -> pd.DataFrame:
    return business_days()


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str, Any], None]:
    """Enter a component in a registry until the test ends."""
    return lambda registry, name, component: monkeypatch.setitem(registry._entries, name, component)


@pytest.fixture
def leaky(enter: Callable[[Any, str, Any], None]) -> None:
    """Enter the leaky features."""
    for name, feature in LEAKY.items():
        enter(FEATURES, name, feature)
