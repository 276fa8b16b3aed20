"""Fold training under a schedule that moves before every batch, against the loop by hand of ``loop``.

The schedule asks another one: phases, each of them half a cosine. None of ours takes longer to say what is next. The
loop by hand has all learning rates in a list.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.loop import EPOCHS, LIMIT, OF_SHORT_EPOCHS, REPEATS, _last_fold, _Work, ratios_of
from benchmarks.measure import Row, fresh, quiet
from benchmarks.project import inputs_of
from trading_hpo.training.schedules.multi_phase import MultiPhase

MODEL_TYPES = ("lstm", "mlp")


def rows(project: Path) -> Iterator[Row]:
    """Measure a network of long epochs and one of short ones."""
    for model_type in MODEL_TYPES:
        limit, repeats = OF_SHORT_EPOCHS.get(model_type, (LIMIT, REPEATS))
        busy = quiet()
        ratios = fresh(_ratios, project, model_type, repeats)
        compares = "fold training / a loop by hand, time; schedule by batch"
        yield Row(f"schedules.{model_type}", compares, ratios, "x", limit, other_cores=[busy])


def _ratios(project: Path, model_type: str, repeats: int) -> list[float]:
    return ratios_of(_moved(_last_fold(inputs_of(project), model_type)), repeats)


def _moved(work: _Work) -> _Work:
    """Return the same work under the schedule."""
    schedule = MultiPhase.model_validate({"phases": [{"epochs": 1, "kind": "cosine"}] * 2, "repeat": True})
    recipe, n_rows = work.recipe, len(work.rows.train)
    drawn = min(n_rows, recipe.training.max_windows_per_epoch or n_rows)
    batches = math.ceil(drawn / recipe.chosen.batch_size)
    passed = [epoch + place / batches for epoch in range(EPOCHS) for place in range(batches)]
    rates = [recipe.chosen.learning_rate * schedule.with_warmup(now, EPOCHS, ()) for now in passed]
    moved = replace(recipe, components=replace(recipe.components, schedule=schedule))
    return replace(work, recipe=moved, rates=tuple(rates))
