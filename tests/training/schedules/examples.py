"""Schedules as somebody may set them: all by default, and some with other parameters."""

from tests.training.plugins import ADDED

from trading_hpo.training.schedules.multi_phase import MultiPhase
from trading_hpo.training.schedules.registry import SCHEDULES
from trading_hpo.training.schedules.replay import Replay
from trading_hpo.training.schedules.schedule import Schedule

WEEK = MultiPhase(phases=({"epochs": 5}, {"epochs": 2, "share": 0.1}), repeat=True)
PHASES = MultiPhase(
    phases=(
        {"epochs": 2, "share": 0.5, "kind": "constant"},
        {"epochs": 4, "kind": {"name": "cosine", "lr_floor": 0.1, "warmup_epochs": 1}},
        {"epochs": 9, "share": 0.25, "kind": {"name": "plateau", "plateau_patience": 0}},
    )
)
DEFAULTS: list[Schedule] = [one() for one in (*(SCHEDULES[name] for name in SCHEDULES), *ADDED["schedule"])]
OTHERS: list[Schedule] = [
    WEEK,
    PHASES,
    PHASES.model_copy(update={"warmup_epochs": 1}),
    SCHEDULES["cosine"](warmup_epochs=3, lr_floor=0.2),
    SCHEDULES["cosine_restarts"](restart_epochs=1, restart_growth=1, restart_decay=0.5, lr_floor=0.3),
    SCHEDULES["cyclical"](cycle_shape="triangular2", cycle_epochs=3),
    SCHEDULES["cyclical"](cycle_shape="exponential", warmup_epochs=2),
    SCHEDULES["plateau"](plateau_patience=0, plateau_threshold=0.5, warmup_epochs=2),
    SCHEDULES["performance"](performance_rise=3, performance_fall=0.1, lr_ceiling=5),
    Replay(factors=(1.0, 0.5, 0.25)),
]
EXAMPLES = [*DEFAULTS, *OTHERS]
IDS = [f"{one.name}-{number}" for number, one in enumerate(EXAMPLES)]
