"""The page of optimizers and schedules shows what is registered, as it is."""

import re
import sys
from pathlib import Path

import pytest

from trading_hpo.training.optimizers.registry import OPTIMIZERS
from trading_hpo.training.schedules.registry import SCHEDULES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def made(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "build_site"))
    import schedules

    yield schedules
    for name in ("schedules", "pages"):
        sys.modules.pop(name, None)


def points(drawn):
    """Where a drawing's line is, epochs and shares."""
    (line,) = re.findall(r'polyline points="([^"]+)"', drawn)
    return [tuple(map(float, pair.split(","))) for pair in line.split()]


def test_every_component_stands_there_with_its_parameters_and_every_schedule_is_drawn(made):
    page = made.on_page_markdown((DOCS / "reference/schedules.md").read_text())
    assert "<!--" not in page
    for registry in (OPTIMIZERS, SCHEDULES):
        for name in registry:
            (part,) = re.findall(rf"^### `{name}`$(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
            own = set(registry[name].model_fields) - {"warmup_epochs"}
            assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == own
            assert ("<svg" in part) == (registry is SCHEDULES)
            assert ">>>" not in part
    assert "warmup_epochs" in page


def test_a_drawing_shows_the_learning_rate_at_its_place(made):
    drawn = points(made.drawing(SCHEDULES["exponential"](exponential_decay=0.5)))
    top, bottom = made._y(1.0, 1.0), made._y(0.0, 1.0)
    shares = [(bottom - y) / (bottom - top) for _, y in drawn]
    by_epoch = [shares[epoch * made.PER_EPOCH] for epoch in range(4)]
    assert by_epoch == pytest.approx([1, 0.5, 0.25, 0.125], abs=0.002)
    assert shares[made.PER_EPOCH - 1] == shares[0]  # asked once before an epoch, it stays for all of it
    assert [x for x, _ in drawn] == sorted(x for x, _ in drawn)


def test_a_drawing_has_room_for_rates_above_the_configured_one(made):
    drawn = points(made.drawing(SCHEDULES["performance"](performance_rise=2, lr_ceiling=4)))
    assert min(y for _, y in drawn) == pytest.approx(made._y(4.0, 4.0), abs=0.05)
