"""What a network costs: work, memory, time; all but the last without running it."""

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn

from trading_hpo.families.networks.architecture import Architecture, size_mb
from trading_hpo.training.seeding import RandomStream

BACKWARD = 2  # costs twice the forward pass: gradients of the weights and of what the layer was given
PASSES, WARM_UP = 30, 3
MB = 1024**2


def inference_flop(architecture: Architecture) -> float:
    """Return the floating-point operations of one window's forecast, a multiplication and an addition as two.

    Matrix products and convolutions are counted, as is usual; what runs over single elements is not.
    """
    from torch.utils.flop_counter import FlopCounterMode  # pulls in half of torch; few searches ask for it

    network, inputs = _on_paper(architecture, 1)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(*inputs)
    return float(counter.get_total_flops())


def training_flop(forward: float, windows: int) -> float:
    """Return the operations of training on so many windows, forward and backward.

    Args:
        forward: Of one window.
        windows: Over all epochs and folds.
    """
    return (1 + BACKWARD) * forward * windows


def memory_mb(architecture: Architecture, batch_size: int, networks: int, states_per_weight: int = 2) -> float:
    """Return an estimate of what training takes beside the panel and the libraries, in MB of 1024 squared bytes.

    Every network keeps its weights, their gradients and what its optimizer keeps of each. The one that trains keeps
    what its layers save for the backward pass, and as much again for the gradients that run through them. Recurrent
    layers are laid out step by step for this: their fused kernels hide what they keep.

    Args:
        architecture: Of all networks.
        batch_size: B.
        networks: That are there at once, one per fold.
        states_per_weight: Numbers that the optimizer keeps beside each weight.
    """
    network, inputs = _on_paper(architecture, batch_size)
    weights = {weight.untyped_storage()._cdata for weight in network.parameters()}
    kept: dict[int, Tensor] = {}  # by storage: two views of one are there once

    def note(tensor: Tensor) -> Tensor:
        kept.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        network(*inputs)
    saved = sum(tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in weights)
    return (2 + states_per_weight) * networks * size_mb(network) + 2 * saved / MB


def latency_ms(architecture: Architecture, device: str) -> float:
    """Return the median time of one window's forecast, as a trader would wait for it.

    The network is a fresh one, drawn apart from the training's random numbers: weights make no difference here.
    """
    with RandomStream(0).entered():
        network = architecture.build().to(device).eval()
    window = torch.zeros(1, architecture.window_bars, architecture.n_features, device=device)
    asset = torch.zeros(1, dtype=torch.long, device=device)
    with torch.inference_mode():
        seconds = [_seconds(lambda: network(window, asset), device) for _ in range(WARM_UP + PASSES)]
    return 1000 * median(seconds[WARM_UP:])


def _seconds(call: Callable[[], object], device: str) -> float:
    started = time.perf_counter()
    call()
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


def _on_paper(architecture: Architecture, batch_size: int) -> tuple[nn.Module, tuple[Tensor, Tensor]]:
    """A network and its inputs without memory behind them."""
    with torch.device("meta"):
        shape = (batch_size, architecture.window_bars, architecture.n_features)
        return architecture.build().train(), (torch.zeros(shape), torch.zeros(batch_size, dtype=torch.long))
