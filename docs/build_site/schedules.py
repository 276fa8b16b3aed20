"""The page of optimizers and schedules: a table of parameters each, and a drawing of every schedule."""

import inspect
from collections.abc import Iterator
from typing import Any

from pages import _table

from trading_hpo.training.optimizers.registry import OPTIMIZERS
from trading_hpo.training.schedules.multi_phase import MultiPhase
from trading_hpo.training.schedules.registry import SCHEDULES
from trading_hpo.training.schedules.schedule import Schedule

OPTIMIZERS_HERE, SCHEDULES_HERE = "<!-- optimizers -->", "<!-- schedules -->"
EPOCHS, PER_EPOCH = 24, 20
WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 820, 150, 50, 26, 12
# Better for eight epochs, then by turns worse and as good as before.
SCORES = [float(min(epoch, 8) - (epoch % 2 if epoch > 8 else 0)) for epoch in range(EPOCHS)]
WEEK = MultiPhase(phases=({"epochs": 5}, {"epochs": 2, "share": 0.1}), repeat=True)
PHASES = MultiPhase(
    phases=(
        {"epochs": 4, "share": 0.5},
        {"epochs": 12, "kind": {"name": "cosine", "lr_floor": 0.1}},
        {"epochs": 8, "share": 0.1, "kind": "exponential"},
    )
)
DRAWN = {
    "constant": {"schedule: {name: constant, warmup_epochs: 3}": {"warmup_epochs": 3}},
    "cosine_restarts": {"schedule: {name: cosine_restarts, restart_epochs: 4}": {"restart_epochs": 4}},
    "cyclical": {
        f"schedule: {{name: cyclical, cycle_shape: {shape}}}": {"cycle_shape": shape}
        for shape in ("triangular", "triangular2", "exponential")
    },
    "multi_phase": {
        "phases: [{epochs: 5}, {epochs: 2, share: 0.1}], repeat: true": WEEK.model_dump(),
        "phases: [{epochs: 4, share: 0.5}, {epochs: 12, kind: {name: cosine, lr_floor: 0.1}}, "
        "{epochs: 8, share: 0.1, kind: exponential}]": PHASES.model_dump(),
    },
}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put both lists where the page asks for them."""
    for mark, made in {OPTIMIZERS_HERE: optimizers, SCHEDULES_HERE: schedules}.items():
        if mark in markdown:
            markdown = markdown.replace(mark, "\n\n".join(made()))
    return markdown


def optimizers() -> Iterator[str]:
    """Yield the parts of the list of optimizers."""
    for name in OPTIMIZERS:
        yield from (f"### `{name}`", _described(OPTIMIZERS[name]), _table(OPTIMIZERS[name].model_fields))


def schedules() -> Iterator[str]:
    """Yield the parts of the list of schedules; what all of them have stands on the page once."""
    for name in SCHEDULES:
        schedule = SCHEDULES[name]
        moves = "Moves before every batch" if schedule.per_batch else "Moves before every epoch"
        reads = ", and reads the scores." if schedule().has_feedback else "."
        yield from (f"### `{name}`", _described(schedule), moves + reads)
        for written, options in DRAWN.get(name, {f"schedule: {name}": {}}).items():
            yield f"`{written}`"
            yield drawing(schedule(**options))
        own = {key: field for key, field in schedule.model_fields.items() if key not in Schedule.model_fields}
        if own:
            yield _table(own)


def drawing(schedule: Schedule) -> str:
    """Return a picture of the learning rate by epoch, as a share of the configured one."""
    places = [step / PER_EPOCH for step in range(EPOCHS * PER_EPOCH)]
    # What is asked once before an epoch stays for all of it.
    asked = [place if schedule.by_batch(int(place) + 1) else int(place) for place in places]
    shares = [schedule.with_warmup(place, EPOCHS, SCORES[: int(place)]) for place in asked]
    top = max(1.0, *shares)
    line = " ".join(f"{_x(place):.1f},{_y(share, top):.1f}" for place, share in zip(places, shares, strict=True))
    ticks = "".join(
        f'<text x="{_x(epoch):.0f}" y="{HEIGHT - 8}" font-size="11" text-anchor="middle" fill="currentColor">'
        f"{epoch}</text>"
        for epoch in range(0, EPOCHS + 1, 4)
    )
    heights = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{_y(share, top):.1f}" y2="{_y(share, top):.1f}" stroke="currentColor" '
        f'stroke-opacity=".2"/><text x="{LEFT - 8}" y="{_y(share, top) + 4:.1f}" font-size="11" text-anchor="end" '
        f'fill="currentColor">{share:g}</text>'
        for share in (0.0, 0.5, *range(1, int(top) + 1))
    )
    return (
        f'<svg class="diagram" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Learning rate of {schedule.name} '
        f'by epoch, as a share of the configured one">{heights}{ticks}<polyline points="{line}" fill="none" '
        'stroke="var(--md-accent-fg-color)" stroke-width="2"/></svg>'
    )


def _x(epoch: float) -> float:
    return LEFT + (WIDTH - LEFT - 12) * epoch / EPOCHS


def _y(share: float, top: float) -> float:
    return ABOVE + (HEIGHT - ABOVE - BELOW) * (1 - share / top)


def _described(component: type) -> str:
    """Return a docstring without its example."""
    return inspect.cleandoc(component.__doc__ or "").partition("\n\nExample:")[0]
