"""The contract that every network of the registry keeps."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import torch.nn.functional as F
import yaml
from tests.makers.model_types import NETWORKS
from torch import Tensor, nn

from trading_hpo.families.networks.architecture import Architecture, size_mb
from trading_hpo.families.registry import MODEL_TYPES

FULL_SPACES = Path(__file__).parents[3] / "conf" / "base" / "globals_search_spaces.yml"
N_ASSETS = 5


def small(model_type: str) -> dict[str, Any]:
    """Few units: a whole number that is a dozen or more by default is a dozen."""
    fields = MODEL_TYPES[model_type].config.model_fields
    return {name: 12 for name, field in fields.items() if field.annotation is int and field.default >= 12}


def other(model_type: str) -> dict[str, Any]:
    """Few units, every switch turned, one more of what there are few of."""
    fields = MODEL_TYPES[model_type].config.model_fields
    switched = {name: not field.default for name, field in fields.items() if field.annotation is bool}
    more = {name: field.default + 1 for name, field in fields.items() if field.annotation is int and field.default < 12}
    return {**small(model_type), **switched, **more}


every_network = pytest.mark.parametrize(
    ("model_type", "sizes"),
    [pytest.param(name, sizes(name), id=f"{name}-{sizes.__name__}") for name in NETWORKS for sizes in (small, other)],
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def build(
    model_type: str,
    *,
    n_features: int = 3,
    window_bars: int = 6,
    n_outputs: int = 1,
    seed: int = 0,
    **config: Any,
) -> nn.Module:
    torch.manual_seed(seed)
    return Architecture(model_type, config, n_features, window_bars, N_ASSETS, n_outputs).build()


def sample(batch: int = 7, window_bars: int = 6, n_features: int = 3, seed: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    windows = torch.randn(batch, window_bars, n_features, generator=generator)
    return windows, torch.randint(0, N_ASSETS, (batch,), generator=generator)


@every_network
@pytest.mark.parametrize(
    ("batch", "window_bars", "n_features", "n_outputs"),
    [(1, 1, 1, 1), (1, 20, 12, 1), (3, 2, 1, 2), (8, 7, 5, 4), (33, 1, 4, 1)],
)
def test_output_has_one_finite_row_per_window(
    model_type: str, sizes: dict[str, Any], batch: int, window_bars: int, n_features: int, n_outputs: int
) -> None:
    network = build(model_type, n_features=n_features, window_bars=window_bars, n_outputs=n_outputs, **sizes)
    output = network(*sample(batch, window_bars, n_features))
    assert output.shape == (batch, n_outputs)
    assert output.dtype == torch.float32
    assert output.isfinite().all()


@every_network
def test_same_seed_gives_the_same_weights_and_outputs_bit_for_bit(model_type: str, sizes: dict[str, Any]) -> None:
    first, second, other = (build(model_type, seed=seed, **sizes) for seed in (3, 3, 4))
    assert first.state_dict().keys() == second.state_dict().keys()
    assert all(torch.equal(first.state_dict()[name], tensor) for name, tensor in second.state_dict().items())
    windows, asset = sample()
    torch.manual_seed(9)
    of_first = first(windows, asset)  # in train mode: dropout is drawn from the same seed too
    torch.manual_seed(9)
    assert torch.equal(of_first, second(windows, asset))
    assert not torch.equal(of_first, other(windows, asset))


@every_network
def test_weights_survive_safetensors(model_type: str, sizes: dict[str, Any]) -> None:
    source, copy = (build(model_type, seed=seed, **sizes).eval() for seed in (0, 1))
    windows, asset = sample()
    assert not torch.equal(source(windows, asset), copy(windows, asset))
    stored = safetensors.torch.save(source.state_dict())
    copy.load_state_dict(safetensors.torch.load(stored), strict=True)
    assert torch.equal(source(windows, asset), copy(windows, asset))


@every_network
def test_gradients_reach_every_weight(model_type: str, sizes: dict[str, Any]) -> None:
    windows, asset = sample(batch=256)
    asset = asset % 3  # two assets are not in the batch
    reached: dict[str, Tensor] = {}
    for seed in range(4):  # a ReLU may be dead under one seed
        network = build(model_type, dropout_rate=0.0, seed=seed, **sizes).double()
        network(windows.double(), asset).square().sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            reached[name] = reached.get(name, torch.tensor(False)) | (parameter.grad != 0)
    for name, places in reached.items():
        used = places[:3] if "embedding" in name else places
        assert used.all(), f"{name}: {int((~used).sum())} of {used.numel()} weights learn nothing"
        assert not ("embedding" in name and places[3:].any()), "an asset outside the batch was touched"


@every_network
def test_one_batch_can_be_learned_by_heart(model_type: str, sizes: dict[str, Any]) -> None:
    network = build(model_type, dropout_rate=0.0, **sizes)
    windows, asset = sample(batch=16)
    target = (torch.arange(16) % 2).float()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(200):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(network(windows, asset).squeeze(1), target)
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.01


@every_network
def test_dropout_acts_in_training_only(model_type: str, sizes: dict[str, Any]) -> None:
    network = build(model_type, dropout_rate=0.5, **sizes)
    windows, asset = sample()
    network.train()
    assert not torch.equal(network(windows, asset), network(windows, asset))
    network.eval()
    assert torch.equal(network(windows, asset), network(windows, asset))


@every_network
def test_without_dropout_training_and_evaluation_agree(model_type: str, sizes: dict[str, Any]) -> None:
    network = build(model_type, dropout_rate=0.0, **sizes)
    windows, asset = sample()
    assert torch.equal(network.train()(windows, asset), network.eval()(windows, asset))


@every_network
def test_a_row_is_judged_alone(model_type: str, sizes: dict[str, Any]) -> None:
    network = build(model_type, **sizes).eval()
    windows, asset = sample(batch=9)
    together = network(windows, asset)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(network(windows[order], asset[order]), together[order])
    others = windows.clone()
    others[1:] = 100.0
    torch.testing.assert_close(network(others, asset)[:1], together[:1])
    torch.testing.assert_close(network(windows[4:5], asset[4:5]), together[4:5])


@every_network
@pytest.mark.parametrize("bar", [0, 3, 5])
def test_every_bar_of_the_window_is_read(model_type: str, sizes: dict[str, Any], bar: int) -> None:
    network = build(model_type, **sizes).eval()
    windows, asset = sample()
    moved = windows.clone()
    moved[:, bar] += 1.0
    assert not torch.equal(network(moved, asset), network(windows, asset))


@every_network
def test_the_order_of_the_bars_matters(model_type: str, sizes: dict[str, Any]) -> None:
    network = build(model_type, **sizes).eval()
    windows, asset = sample()
    assert not torch.allclose(network(windows.flip(1), asset), network(windows, asset))


@every_network
def test_the_asset_matters(model_type: str, sizes: dict[str, Any]) -> None:
    network = build(model_type, **sizes).eval()
    windows, asset = sample()
    assert not torch.equal(network(windows, (asset + 1) % N_ASSETS), network(windows, asset))


@every_network
def test_forward_leaves_the_windows_as_they_were(model_type: str, sizes: dict[str, Any]) -> None:
    windows, asset = sample()
    before = windows.clone()
    build(model_type, **sizes)(windows, asset)
    assert torch.equal(windows, before)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 7, 8])
@pytest.mark.parametrize(("window_bars", "pools", "states"), [(1, True, 1), (2, True, 1), (5, True, 2), (5, False, 5)])
def test_lstm_after_the_convolution_reads_as_many_bars_as_pooling_leaves(
    kernel: int, window_bars: int, pools: bool, states: int
) -> None:
    shape = {"cnn_filters_1": 10, "cnn_kernel_size_1": kernel, "use_max_pooling": pools}
    network = build("cnn_lstm", window_bars=window_bars, **shape)
    seen: list[Tensor] = []
    network.lstm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    output = network(*sample(batch=4, window_bars=window_bars))
    assert seen[0].shape == (4, states, 10)
    assert output.shape == (4, 1)
    assert output.isfinite().all()


def test_no_two_model_types_are_one_network() -> None:
    parts = {name: [type(part) for part in build(name).modules()] for name in NETWORKS}
    assert [pair for pair in combinations(parts, 2) if parts[pair[0]] == parts[pair[1]]] == []


def corners() -> Iterator[tuple[str, dict[str, Any]]]:
    spaces = yaml.safe_load(FULL_SPACES.read_text())["full_search_spaces"]
    for model_type, edge in product(NETWORKS, (0, -1)):
        space = {**spaces["common"], **spaces.get(model_type, MODEL_TYPES[model_type].search_space)}
        edges = {
            name: entry["choices"] if "choices" in entry else (entry["low"], entry["high"])
            for name, entry in space.items()
            if name in MODEL_TYPES[model_type].config.model_fields
        }
        yield model_type, {name: values[edge] for name, values in edges.items()}


@pytest.mark.parametrize(("model_type", "sizes"), list(corners()))
@pytest.mark.parametrize("window_bars", [1, 20])
def test_corners_of_the_standard_search_spaces_build_and_answer(
    model_type: str, sizes: dict[str, Any], window_bars: int
) -> None:
    assert len(sizes) > 1, "the space has no sizes; the corner would be the default network"
    network = Architecture(model_type, sizes, 12, window_bars, N_ASSETS).build()
    output = network(*sample(batch=2, window_bars=window_bars, n_features=12))
    assert output.shape == (2, 1)
    assert output.isfinite().all()


@every_network
def test_architecture_survives_json(model_type: str, sizes: dict[str, Any]) -> None:
    architecture = Architecture(model_type, sizes, 3, 6, N_ASSETS, 2)
    again = Architecture(**json.loads(json.dumps(asdict(architecture))))
    assert again == architecture
    shapes = [{name: t.shape for name, t in a.build().state_dict().items()} for a in (architecture, again)]
    assert shapes[0] == shapes[1]


def test_size_is_that_of_parameters_and_buffers() -> None:
    # 6 bars * 3 features + 8 of the embedding -> 16 -> 12 -> 12 -> 1, and 5 assets' embeddings.
    weights = 5 * 8 + (26 * 16 + 16) + (16 * 12 + 12) + (12 * 12 + 12) + (12 + 1)
    network = build("mlp", hidden_dim_1=16, hidden_dim_2=12, hidden_layers=3)
    assert size_mb(network) == weights * 4 / 1024**2
    network.register_buffer("more", torch.zeros(1024, dtype=torch.float64))
    assert size_mb(network) == (weights * 4 + 8 * 1024) / 1024**2
