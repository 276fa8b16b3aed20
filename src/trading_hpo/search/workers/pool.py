"""The worker processes: started from a server process that has imported torch once."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import c_double
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trading_hpo.search.trial import TrialTask
from trading_hpo.search.workers.heartbeat import Silence

if TYPE_CHECKING:
    from trading_hpo.search.workers.worker import MakeRunner

_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# oneDNN keeps compiled kernels, 1024 of them by default. Every width that a trial brings needs its own: a worker
# would grow with each trial. A trial of a few layers and folds uses some dozens.
_FEW_KERNELS = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64"}
# Imported when they are first needed, by torch's optimisers and by the metrics: 3 s and 100 MB for each worker, were
# they not there when it is forked.
_OF_A_FIRST_TRIAL = ("torch._dynamo", "scipy.stats")


@dataclass(eq=False)
class Worker:
    """One process, the pipe to it, and how long it has said nothing; ready once it has said that it can train."""

    process: ForkServerProcess
    pipe: "connection.Connection[Any, Any]"
    silence: Silence
    ready: bool = False

    def how_it_died(self) -> str:
        """Return what ended the process, in words."""
        self.process.join(timeout=5)
        code = self.process.exitcode
        if code is not None and code < 0:
            # The kernel kills so where memory runs out, and tells nobody but its own log.
            return f"killed by signal {-code}{' (out of memory?)' if -code == signal.SIGKILL else ''}"
        return f"ended with code {code}"

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join(timeout=5)
        self.pipe.close()


def default_workers() -> int:
    """Return one worker per core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_worker(task: TrialTask, panel_path: Path, make: "MakeRunner | None" = None) -> Worker:
    """Start a process that serves trials of ``task``.

    Args:
        task: What they share.
        panel_path: The file that it maps.
        make: Makes what trains the trials; none for the real thing.
    """
    from trading_hpo.search.workers.worker import make_runner, work

    context = _context(_OF_A_FIRST_TRIAL if make is None else ())
    ours, theirs = context.Pipe()
    beat = context.RawValue(c_double, 0.0)
    with _lean_start(), _no_interrupts():
        process = context.Process(target=work, args=(theirs, beat, make or make_runner, task, panel_path), daemon=True)
        process.start()
    theirs.close()
    return Worker(process, ours, Silence(beat))


def _context(also: Sequence[str]) -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    # Workers are forked from a server that has torch and this package loaded: a start takes milliseconds.
    context.set_forkserver_preload(["trading_hpo.search.workers.worker", *also])
    return context


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Start with Ctrl-C blocked; the server process and its workers inherit that, even while they import."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _lean_start() -> Iterator[None]:
    """Start with one thread per process and few cached kernels, without importing the caller's main module again.

    Two processes with torch's default threads are several times slower than two with one each, and the
    numbers must be set before torch is imported. The main module is the command line: no worker needs it.
    """
    main = sys.modules["__main__"]
    wanted = dict.fromkeys(_ONE_THREAD, "1") | _FEW_KERNELS
    kept = {name: os.environ.get(name) for name in wanted}
    hidden = {name: getattr(main, name, None) for name in ("__file__", "__spec__")}
    os.environ.update(wanted)
    main.__file__ = None
    main.__spec__ = None
    try:
        yield
    finally:
        main.__file__ = hidden["__file__"]
        main.__spec__ = hidden["__spec__"]
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
