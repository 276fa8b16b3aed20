from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from tests.makers.panels import panel_of
from tests.training.plugins import ADDED

from trading_hpo.families.family import Rows
from trading_hpo.training.choices import CHOICES
from trading_hpo.types import BarRange, Panel

MakePanel = Callable[..., Panel]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def make_panel() -> MakePanel:
    """A panel whose target follows its first feature of the same bar; the other features are noise."""

    def make(
        seed: int = 0, n_assets: int = 3, n_bars: int = 260, n_features: int = 3, kind: str = "direction"
    ) -> Panel:
        rng = np.random.default_rng(seed)
        shape = (n_assets, n_bars)
        # Each feature has its own place and scale, so that a missing scaler shows.
        features = rng.normal(np.arange(n_features) * 5.0, 10.0 ** -np.arange(n_features), (*shape, n_features)).astype(
            "f4"
        )
        signal = features[..., 0] + 0.3 * rng.normal(size=shape)
        target = signal > 0 if kind == "direction" else 0.02 * signal
        return panel_of(
            n_assets,
            n_bars,
            features=features,
            forward_return=(0.01 * signal[..., None]).astype("f4"),
            target=target.astype("f4")[..., None],
            label_end=np.broadcast_to(np.minimum(np.arange(n_bars) + 1, n_bars - 1), shape).copy(),
            assets=tuple(f"asset_{number}" for number in range(n_assets)),
            feature_names=tuple(f"feature_{number}" for number in range(n_features)),
            label={"kind": kind},
        )

    return make


@pytest.fixture(scope="session")
def make_fold_rows() -> Callable[..., list[Rows]]:
    """Three walk-forward folds of the panel, one purged bar between the roles."""

    def make(panel: Panel, window_bars: int = 5) -> list[Rows]:
        return [
            Rows(
                train=panel.rows((BarRange(0, edge - 41),), window_bars),
                stop=panel.rows((BarRange(edge - 40, edge - 1),), window_bars),
                validation=panel.rows((BarRange(edge, edge + 40),), window_bars),
                traded=panel.windowed_rows((BarRange(edge, edge + 40),), window_bars),
            )
            for edge in (140, 180, 219)
        ]

    return make


@pytest.fixture
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses, an optimizer and schedules of others are in the registries."""
    for choice, added in ADDED.items():
        entries = {name: CHOICES[choice][name] for name in CHOICES[choice]}
        monkeypatch.setattr(CHOICES[choice], "_entries", entries | {one.name: one for one in added})
