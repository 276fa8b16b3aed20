"""The contract that every network of the registry keeps."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import torch.nn.functional as F
import yaml
from torch import Tensor, nn
from trading_hpo.families.networks.configs import CONFIGS

from trading_hpo.families.networks.architecture import NETWORKS, Architecture, size_mb
from trading_hpo.families.registry import MODEL_TYPES

FULL_SPACES = Path(__file__).parents[3] / "conf" / "base" / "globals_search_spaces.yml"
SMALL: dict[str, dict[str, Any]] = {
    "mlp": {"hidden_dim_1": 16, "hidden_dim_2": 12, "hidden_layers": 3},
    "lstm": {"lstm_hidden_dim": 12, "attention_dim": 8, "lstm_num_layers": 2},
    "gru": {"lstm_hidden_dim": 12, "attention_dim": 8, "lstm_num_layers": 2},
    "cnn_lstm": {
        "lstm_hidden_dim": 12,
        "attention_dim": 8,
        "cnn_filters_1": 10,
        "use_max_pooling": True,
    },
}
N_ASSETS = 5

every_network = pytest.mark.parametrize("model_type", MODEL_TYPES)


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
    sizes = {**SMALL[model_type], **config}
    torch.manual_seed(seed)
    return Architecture(model_type, sizes, n_features, window_bars, N_ASSETS, n_outputs).build()


def sample(batch: int = 7, window_bars: int = 6, n_features: int = 3, seed: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    windows = torch.randn(batch, window_bars, n_features, generator=generator)
    return windows, torch.randint(0, N_ASSETS, (batch,), generator=generator)


def test_registry_configs_and_model_types_name_the_same_networks() -> None:
    assert set(NETWORKS) == set(CONFIGS) == set(MODEL_TYPES)
    assert len(MODEL_TYPES) == len(set(MODEL_TYPES))
    assert set(SMALL) == set(MODEL_TYPES)


@every_network
@pytest.mark.parametrize(
    ("batch", "window_bars", "n_features", "n_outputs"),
    [(1, 1, 1, 1), (1, 20, 12, 1), (3, 2, 1, 2), (8, 7, 5, 4), (33, 1, 4, 1)],
)
def test_output_has_one_finite_row_per_window(
    model_type: str, batch: int, window_bars: int, n_features: int, n_outputs: int
) -> None:
    network = build(model_type, n_features=n_features, window_bars=window_bars, n_outputs=n_outputs)
    output = network(*sample(batch, window_bars, n_features))
    assert output.shape == (batch, n_outputs)
    assert output.dtype == torch.float32
    assert output.isfinite().all()


@every_network
def test_same_seed_gives_the_same_weights_and_outputs_bit_for_bit(model_type: str) -> None:
    first, second, other = (build(model_type, seed=seed) for seed in (3, 3, 4))
    assert first.state_dict().keys() == second.state_dict().keys()
    assert all(torch.equal(first.state_dict()[name], tensor) for name, tensor in second.state_dict().items())
    windows, asset = sample()
    torch.manual_seed(9)
    of_first = first(windows, asset)  # in train mode: dropout is drawn from the same seed too
    torch.manual_seed(9)
    assert torch.equal(of_first, second(windows, asset))
    assert not torch.equal(of_first, other(windows, asset))


@every_network
def test_weights_survive_safetensors(model_type: str) -> None:
    source, copy = build(model_type, seed=0).eval(), build(model_type, seed=1).eval()
    windows, asset = sample()
    assert not torch.equal(source(windows, asset), copy(windows, asset))
    stored = safetensors.torch.save(source.state_dict())
    copy.load_state_dict(safetensors.torch.load(stored), strict=True)
    assert torch.equal(source(windows, asset), copy(windows, asset))


@every_network
@pytest.mark.parametrize("use_layer_norm", [True, False])
def test_gradients_reach_every_weight(model_type: str, use_layer_norm: bool) -> None:
    extra = {} if model_type == "mlp" else {"use_layer_norm": use_layer_norm}
    windows, asset = sample(batch=256)
    asset = asset % 3  # two assets are not in the batch
    reached: dict[str, Tensor] = {}
    for seed in range(4):  # a ReLU may be dead under one seed
        network = build(model_type, dropout_rate=0.0, seed=seed, **extra).double()
        network(windows.double(), asset).square().sum().backward()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            reached[name] = reached.get(name, torch.tensor(False)) | (parameter.grad != 0)
    for name, places in reached.items():
        used = places[:3] if "embedding" in name else places
        assert used.all(), f"{name}: {int((~used).sum())} of {used.numel()} weights learn nothing"
        assert not ("embedding" in name and places[3:].any()), "an asset outside the batch was touched"


@every_network
def test_one_batch_can_be_learned_by_heart(model_type: str) -> None:
    network = build(model_type, dropout_rate=0.0)
    windows, asset = sample(batch=16)
    target = (torch.arange(16) % 2).float()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(200):
        optimiser.zero_grad()
        loss = F.binary_cross_entropy_with_logits(network(windows, asset).squeeze(1), target)
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.01


@every_network
@pytest.mark.parametrize("extra", [{}, {"depth": 1}])
def test_dropout_acts_in_training_only(model_type: str, extra: dict[str, int]) -> None:
    depth = {"hidden_layers" if model_type == "mlp" else "lstm_num_layers": extra["depth"]} if extra else {}
    network = build(model_type, dropout_rate=0.5, **depth)
    windows, asset = sample()
    network.train()
    assert not torch.equal(network(windows, asset), network(windows, asset))
    network.eval()
    assert torch.equal(network(windows, asset), network(windows, asset))


@every_network
def test_without_dropout_training_and_evaluation_agree(model_type: str) -> None:
    network = build(model_type, dropout_rate=0.0)
    windows, asset = sample()
    assert torch.equal(network.train()(windows, asset), network.eval()(windows, asset))


@every_network
def test_a_row_is_judged_alone(model_type: str) -> None:
    network = build(model_type).eval()
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
def test_every_bar_of_the_window_is_read(model_type: str, bar: int) -> None:
    network = build(model_type).eval()
    windows, asset = sample()
    moved = windows.clone()
    moved[:, bar] += 1.0
    assert not torch.equal(network(moved, asset), network(windows, asset))


@every_network
def test_the_order_of_the_bars_matters(model_type: str) -> None:
    network = build(model_type).eval()
    windows, asset = sample()
    assert not torch.allclose(network(windows.flip(1), asset), network(windows, asset))


@every_network
def test_the_asset_matters(model_type: str) -> None:
    network = build(model_type).eval()
    windows, asset = sample()
    assert not torch.equal(network(windows, (asset + 1) % N_ASSETS), network(windows, asset))


@every_network
def test_forward_leaves_the_windows_as_they_were(model_type: str) -> None:
    windows, asset = sample()
    before = windows.clone()
    build(model_type)(windows, asset)
    assert torch.equal(windows, before)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 7, 8])
@pytest.mark.parametrize(("window_bars", "pools", "states"), [(1, True, 1), (2, True, 1), (5, True, 2), (5, False, 5)])
def test_lstm_after_the_convolution_reads_as_many_bars_as_pooling_leaves(
    kernel: int, window_bars: int, pools: bool, states: int
) -> None:
    network = build("cnn_lstm", window_bars=window_bars, cnn_kernel_size_1=kernel, use_max_pooling=pools)
    seen: list[Tensor] = []
    network.lstm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    output = network(*sample(batch=4, window_bars=window_bars))
    assert seen[0].shape == (4, states, SMALL["cnn_lstm"]["cnn_filters_1"])
    assert output.shape == (4, 1)
    assert output.isfinite().all()


@pytest.mark.parametrize(("model_type", "cell"), [("lstm", nn.LSTM), ("gru", nn.GRU), ("cnn_lstm", nn.LSTM)])
def test_each_type_has_its_own_cell(model_type: str, cell: type[nn.Module]) -> None:
    cells = [part for part in build(model_type).modules() if isinstance(part, nn.RNNBase)]
    assert [type(part) for part in cells] == [cell]


def corners() -> Iterator[tuple[str, dict[str, Any]]]:
    spaces = yaml.safe_load(FULL_SPACES.read_text())["full_search_spaces"]
    for model_type, edge in product(MODEL_TYPES, (0, -1)):
        space = {**spaces["common"], **spaces[model_type]}
        edges = {
            name: entry["choices"] if "choices" in entry else (entry["low"], entry["high"])
            for name, entry in space.items()
            if name in CONFIGS[model_type].model_fields
        }
        yield model_type, {name: values[edge] for name, values in edges.items()}


@pytest.mark.parametrize(("model_type", "sizes"), list(corners()))
@pytest.mark.parametrize("window_bars", [1, 20])
def test_corners_of_the_standard_search_spaces_build_and_answer(
    model_type: str, sizes: dict[str, Any], window_bars: int
) -> None:
    assert len(sizes) >= 4, "the space has no sizes; the corner would be the default network"
    network = Architecture(model_type, sizes, 12, window_bars, N_ASSETS).build()
    output = network(*sample(batch=2, window_bars=window_bars, n_features=12))
    assert output.shape == (2, 1)
    assert output.isfinite().all()


@every_network
def test_architecture_survives_json(model_type: str) -> None:
    architecture = Architecture(model_type, SMALL[model_type], 3, 6, N_ASSETS, 2)
    again = Architecture(**json.loads(json.dumps(asdict(architecture))))
    assert again == architecture
    shapes = [{name: t.shape for name, t in a.build().state_dict().items()} for a in (architecture, again)]
    assert shapes[0] == shapes[1]


def test_size_is_that_of_parameters_and_buffers() -> None:
    # 6 bars * 3 features + 8 of the embedding -> 16 -> 12 -> 12 -> 1, and 5 assets' embeddings.
    weights = 5 * 8 + (26 * 16 + 16) + (16 * 12 + 12) + (12 * 12 + 12) + (12 + 1)
    network = build("mlp")
    assert size_mb(network) == weights * 4 / 1024**2
    network.register_buffer("more", torch.zeros(1024, dtype=torch.float64))
    assert size_mb(network) == (weights * 4 + 8 * 1024) / 1024**2
