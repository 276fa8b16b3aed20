"""How many threads a training process uses."""

import torch


def use_one_thread() -> None:
    """Keep torch to one thread: with one process per core, more threads make all of them several times slower."""
    torch.set_num_threads(1)
