"""What a worker needs beyond torch, and whether it grows.

A worker is forked from a server process that has imported torch and all else; those pages are there once, for all
workers. So what one more worker takes is its own memory: anonymous pages (no file behind, as behind libraries and
the panel) that it does not share with the server. Its peak is the kernel's own, over every trial, not a sample.
Networks, batches and folds are those of the base configuration; only the epochs are short, which no buffer depends
on. CNN-LSTM takes most of all model types. Three workers train a hundred trials of ever other widths each.

Growth is the slope of the anonymous memory between trials, from the 10th to the 100th, times 90. Inherited pages
count there: a page that is written to for the first time becomes a worker's own without any growth. An LSTM's worker
does not grow at all. With convolutions oneDNN keeps some 100 KB for every shape it has met, beside the kernels whose
number the project limits; in the base search space that ends at 15 MB, when all shapes have been met.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.diary import Entry
from benchmarks.measure import Row
from benchmarks.project import search

WORKERS, FIRST, LAST = 3, 10, 100
PEAK_MB = 250.0
GROWTH_MB = {"lstm": 5.0, "cnn_lstm": 15.0}
SHORT = {"epochs": 1, "max_windows_per_epoch": 1024}


def rows(project: Path) -> Iterator[Row]:
    """Measure peak and growth of three workers in one search of each model type."""
    hpo: dict[str, Any] = {"workers": WORKERS, "n_trials": WORKERS * LAST, "sampler": "random", "pruner": "none"}
    for model_type, limit in GROWTH_MB.items():
        entries = search(project, model_type, {"hpo": hpo, "training": SHORT}, with_memory=True).entries
        ordered = sorted(entries, key=lambda entry: (entry.worker, entry.trial))
        workers = [list(own) for _, own in groupby(ordered, key=lambda entry: entry.worker)]
        peaks = [max(entry.peak_own_mb for entry in own) for own in workers]
        yield Row(f"memory.peak_{model_type}", "a worker's own memory at its peak", peaks, "MB", PEAK_MB)
        growth = [growth_mb(own) for own in workers]
        yield Row(f"memory.growth_{model_type}", "a worker's growth from trial 10 to 100", growth, "MB", limit)


def growth_mb(entries: Sequence[Entry]) -> float:
    """Return the fitted growth of a worker's resting memory over 90 trials."""
    late = [entry for entry in entries if entry.trial >= FIRST]
    slope = np.polyfit([entry.trial for entry in late], [entry.resting_mb for entry in late], 1)[0]
    return float(slope * (LAST - FIRST))
