"""What of the machine a training process uses."""

import ctypes

from trading_hpo.errors import ConfigurationError


def use_one_thread() -> None:
    """Keep torch to one thread: with one process per core, more threads make all of them several times slower."""
    import torch

    torch.set_num_threads(1)


def give_memory_back() -> None:
    """Return freed memory to the system, where the C library can (glibc).

    It keeps what was freed, and tensors of ever new sizes leave holes that no later trial fills: a worker
    would grow by 100 MB over some dozens of LSTM trials. Costs 10 ms.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def check_device(device: str) -> None:
    """Refuse a device that this machine lacks.

    Raises:
        ConfigurationError: It is not there.
    """
    import torch

    kind = torch.device(device).type
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[kind]:
        raise ConfigurationError([f"training.device must be one of this machine's, got {device!r}. Use cpu."])
