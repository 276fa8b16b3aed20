import subprocess
import sys

import pytest
import torch
from tests.makers.model_types import NETWORKS

from trading_hpo.families.networks.architecture import Architecture
from trading_hpo.families.networks.cost import inference_flop, latency_ms, memory_mb, training_flop
from trading_hpo.families.registry import MODEL_TYPES


def architecture(model_type="mlp", window_bars=20, **config):
    return Architecture(model_type, config, n_features=10, window_bars=window_bars, n_assets=20)


def widths(model_type, times):
    """What is wide by default, so many times as wide."""
    fields = MODEL_TYPES[model_type].config.model_fields
    wide = [name for name, field in fields.items() if field.annotation is int and field.default > 8]
    return {name: times * fields[name].default for name in wide}


def test_an_mlps_work_is_its_matrix_products():
    config = {"hidden_layers": 2, "hidden_dim_1": 32, "hidden_dim_2": 16, "asset_embedding_dim": 4}
    network = architecture(**config).build()
    weights = sum(layer.weight.numel() for layer in network.modules() if isinstance(layer, torch.nn.Linear))
    assert inference_flop(architecture(**config)) == 2 * weights


@pytest.mark.parametrize("model_type", NETWORKS)
def test_work_grows_with_width_and_window_and_repeats_exactly(model_type):
    small, large = architecture(model_type), architecture(model_type, **widths(model_type, times=2))
    assert inference_flop(small) == inference_flop(small) > 0
    assert inference_flop(large) > inference_flop(small)
    assert inference_flop(architecture(model_type, window_bars=40)) > inference_flop(small)


def test_an_lstms_steps_are_all_counted():
    """Fused kernels hide them: on a real tensor the counter sees the head only."""
    one, two = (inference_flop(architecture("lstm", bars, attention_dim=1)) for bars in (20, 40))
    assert two == pytest.approx(2 * one, rel=0.05)


def test_training_is_three_times_the_forward_pass():
    assert training_flop(10.0, windows=7) == 210.0


@pytest.mark.parametrize("model_type", NETWORKS)
def test_a_forecast_takes_time_and_leaves_the_random_numbers_alone(model_type):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    assert 0 < latency_ms(architecture(model_type), "cpu") < 1000
    assert torch.equal(torch.get_rng_state(), before)


def test_memory_grows_with_batch_and_folds():
    one = memory_mb(architecture("lstm"), 64, 1)
    assert memory_mb(architecture("lstm"), 128, 1) > 1.5 * one
    assert memory_mb(architecture("lstm"), 64, 4) > one


MEASURE = """
import torch
from pathlib import Path
from trading_hpo.families.networks.architecture import Architecture
from trading_hpo.families.networks.cost import memory_mb
torch.set_num_threads(1)
model_type, config, batch, bars = {case!r}
def train(architecture, batch):
    network = architecture.build()
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    inputs = torch.zeros(batch, architecture.window_bars, 10), torch.zeros(batch, dtype=torch.long)
    for _ in range(3):
        optimizer.zero_grad()
        network(*inputs).sum().backward()
        optimizer.step()
train(Architecture(model_type, {{}}, 10, 4, 20), 2)  # what is loaded on first use is not the network's
def peak():  # not getrusage's: that begins with the size of the process which started this one
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
before = peak()
whole = Architecture(model_type, config, 10, bars, 20)
train(whole, batch)
print((peak() - before) / 1024 / memory_mb(whole, batch, 1))
"""


LONG = pytest.mark.long(part="values")


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        *(
            pytest.param((name, widths(name, times=8), 512, 60), marks=() if name == "mlp" else LONG)
            for name in NETWORKS
        ),
        pytest.param(("mlp", {"hidden_dim_1": 2048, "hidden_dim_2": 1024, "hidden_layers": 4}, 512, 60), marks=LONG),
        pytest.param(("lstm", {"lstm_hidden_dim": 256, "lstm_num_layers": 2}, 512, 60), marks=LONG),
        pytest.param(("lstm", {"lstm_hidden_dim": 256}, 512, 20), marks=LONG),
    ],
    ids=lambda case: f"{case[0]}-{case[3]}-{len(case[1])}",
)
def test_the_estimate_of_memory_is_within_a_factor_two_of_what_training_takes(case):
    done = subprocess.run([sys.executable, "-c", MEASURE.format(case=case)], capture_output=True, text=True, check=True)
    assert 0.5 < float(done.stdout) < 2.0
